"""What the product list, its tabs and the ledger read."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from inventory.choices import MovementKind, ProductTab
from inventory.models import (
    Product,
    StockMovement,
)
from inventory.services.ledger import post_movements
from tests.inventory.factories import NOW, entry, make_product, make_supplier, sell

pytestmark = pytest.mark.django_db

TODAY = timezone.localdate(NOW)


def on_tab(tab: ProductTab) -> set[str]:
    """Return the names on a tab."""
    return set(Product.objects.on_tab(tab).values_list("name", flat=True))


def test_tabs() -> None:
    levels = {"reorder_threshold": 10, "order_up_to": 40}
    make_product(name="fine", stock=30, **levels)
    make_product(name="low", stock=10, **levels)
    make_product(name="out", **levels)
    make_product(name="coming", stock=5, on_order_quantity=30, **levels)
    make_product(name="over", stock=51, **levels)
    make_product(name="just not over", stock=50, **levels)
    make_product(name="never ordered", stock=500)
    make_product(name="gone", active=False, **levels)

    assert on_tab(ProductTab.LOW) == {"low", "out"}
    assert on_tab(ProductTab.OUT) == {"out"}
    assert on_tab(ProductTab.ORDERED) == {"coming"}
    assert on_tab(ProductTab.OVER) == {"over"}
    assert on_tab(ProductTab.ALL) == set(
        Product.objects.filter(active=True).values_list("name", flat=True)
    )


def test_low_products_come_with_the_least_stock_first() -> None:
    for stock in (7, 2, 5):
        make_product(name=str(stock), stock=stock, reorder_threshold=10, order_up_to=20)

    assert [product.name for product in Product.objects.low()] == ["2", "5", "7"]


@pytest.mark.parametrize(
    ("text", "found"),
    [("oat", {"Oat milk"}), ("OAT MI", {"Oat milk"}), ("b-10", {"Bread"}), ("(1", {"Tea (1 kg)"})],
)
def test_search_by_part_of_name_or_code(text: str, found: set[str]) -> None:
    make_product(sku="A-1", name="Oat milk")
    make_product(sku="B-100", name="Bread")
    make_product(sku="C-1", name="Tea (1 kg)")

    matches = Product.objects.matching(text)

    assert set(matches.values_list("name", flat=True)) == found


def test_the_ledger_of_a_product_newest_first() -> None:
    product = make_product(stock=10)
    make_product(stock=5)
    sell(product, 1, at=NOW + timedelta(hours=2))
    sell(product, 2, at=NOW + timedelta(hours=1))

    entries = StockMovement.objects.ledger_of(product.pk)

    assert [each.quantity for each in entries] == [-1, -2, 10]


def test_stock_at_a_past_moment_as_known_then() -> None:
    product = make_product(stock=10)
    late = entry(product, MovementKind.SALE, -3, at=NOW + timedelta(hours=1))
    post_movements([late], now=NOW + timedelta(days=2))
    moment = NOW + timedelta(hours=2)

    stock = StockMovement.objects.stock_at(product.pk, moment=moment)
    as_known = StockMovement.objects.stock_at(
        product.pk, moment=moment, known_at=NOW + timedelta(days=1)
    )

    assert (stock, as_known) == (7, 10)


# --- plans on a sized table -----------------------------------------------------------------


@pytest.fixture
def sized_range() -> None:
    """Fill products so that no sequential scan can be cheap, and analyse."""
    supplier = make_supplier()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO products (sku, name, category, supplier_id, price, unit_cost,
                stock_quantity, on_order_quantity, reorder_threshold, order_up_to, pack_size,
                minimum_order_quantity, demand_class, abc_class, xyz_class, watch_below_20,
                active, version, created_at, updated_at)
            SELECT 'S' || n, md5(n::text), 'C' || n %% 300, %s, 1, 1,
                CASE WHEN n %% 100 = 0 THEN 0 ELSE 50 END, CASE WHEN n %% 90 = 0 THEN 9 ELSE 0 END,
                10, 40, 1, 1, 'smooth', 'C', 'Z', false, true, 1, now(), now()
            FROM generate_series(1, 20000) AS n
            """,
            [supplier.pk],
        )
        # As autovacuum does: a search would read what is not yet sorted in.
        for index in ("idx_products_name_trgm", "idx_products_sku_trgm"):
            cursor.execute("SELECT gin_clean_pending_list(%s)", [index])
        cursor.execute("ANALYZE products")


@pytest.mark.parametrize(
    ("rows", "index"),
    [
        (lambda: Product.objects.low()[:50], "idx_products_stock_low"),
        (lambda: Product.objects.on_tab(ProductTab.OUT).order_by("pk")[:50], "idx_products_out"),
        (
            lambda: Product.objects.on_tab(ProductTab.ORDERED).order_by("pk")[:50],
            "idx_products_inbound",
        ),
        (lambda: Product.objects.matching("abc12"), "idx_products_name_trgm"),
        (lambda: Product.objects.matching("abc12"), "idx_products_sku_trgm"),
        (
            lambda: Product.objects.filter(category="C7").order_by("name", "pk")[:50],
            "idx_products_category",
        ),
    ],
)
@pytest.mark.usefixtures("sized_range")
def test_a_list_reads_its_index(rows: Any, index: str) -> None:
    queryset: QuerySet[Product] = rows()

    assert index in queryset.explain()
