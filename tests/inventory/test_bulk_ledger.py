"""Ledger entries by the hundred thousand obey the rules of single ones."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from inventory.choices import MovementKind
from inventory.models import Product, StockMovement
from inventory.services.bulk_ledger import (
    create_staging,
    infer_openings,
    post_staged,
    staged_shortages,
)
from inventory.services.ledger import InsufficientStock, Shortage, UnknownProducts
from tests.inventory.factories import NOW, make_product

pytestmark = pytest.mark.django_db

MONDAY = NOW - timedelta(days=30)


def stage(product: Product, *movements: tuple[str, int, datetime]) -> None:
    """Stage movements of a product, the key of each the number of its row."""
    with connection.cursor() as cursor:
        for kind, quantity, at in movements:
            cursor.execute(
                """
                INSERT INTO staged_movements
                    (product_id, kind, quantity, occurred_at, source_type, source_id)
                SELECT %s, %s, %s, %s, 'import', count(*) + 1 FROM staged_movements
                """,
                [product.pk, kind, quantity, at],
            )


def ledger(product: Product) -> list[tuple[str, int, int]]:
    """Return kind, quantity and balance in order of writing."""
    rows = StockMovement.objects.filter(product=product).order_by("pk")
    return [(row.kind, row.quantity, row.balance_after) for row in rows]


def test_entries_are_written_in_time_order_with_running_balances() -> None:
    product, other = make_product(stock=5), make_product(stock=1)
    create_staging()
    stage(
        product,
        ("sale", -3, MONDAY + timedelta(days=2)),
        ("sale", -4, MONDAY),
        ("receipt", 6, MONDAY),
    )
    stage(other, ("sale", -1, MONDAY))

    posting = post_staged(now=NOW)

    product.refresh_from_db()
    other.refresh_from_db()
    assert (posting.movements, posting.products) == (4, 2)
    assert ledger(product)[1:] == [("receipt", 6, 11), ("sale", -4, 7), ("sale", -3, 4)]
    assert (product.stock_quantity, other.stock_quantity) == (4, 0)


def test_recorded_at_is_what_the_import_says() -> None:
    product = make_product(stock=5)
    create_staging()
    stage(product, ("sale", -1, MONDAY))

    post_staged(now=NOW, recorded_at=MONDAY)

    assert StockMovement.objects.get(kind=MovementKind.SALE).recorded_at == MONDAY


def test_strict_posting_names_the_deepest_shortage_and_changes_nothing() -> None:
    product = make_product(stock=5)
    create_staging()
    # 5 - 9 = -4, back to 6, then 6 - 7 = -1: the deepest point counts, not the last.
    stage(
        product,
        ("sale", -9, MONDAY),
        ("receipt", 10, MONDAY + timedelta(days=1)),
        ("sale", -7, MONDAY + timedelta(days=2)),
    )

    with pytest.raises(InsufficientStock) as refused, transaction.atomic():
        post_staged(now=NOW)

    assert refused.value.shortages == (Shortage(product.pk, product.sku, 9, 5),)
    product.refresh_from_db()
    assert product.stock_quantity == 5
    assert ledger(product) == [("opening", 5, 5)]


def test_an_opening_as_large_as_the_deepest_shortage_is_inferred() -> None:
    product = make_product()
    create_staging()
    stage(
        product,
        ("sale", -9, MONDAY),
        ("return", 2, MONDAY + timedelta(days=1)),
        ("sale", -7, MONDAY + timedelta(days=2)),
    )

    inferred = infer_openings()
    post_staged(now=NOW)

    # -9, -7, -14
    assert inferred == 1
    assert ledger(product) == [
        ("opening", 14, 14),
        ("sale", -9, 5),
        ("return", 2, 7),
        ("sale", -7, 0),
    ]
    opening = StockMovement.objects.get(product=product, kind=MovementKind.OPENING)
    assert opening.inferred
    assert opening.occurred_at == MONDAY - timedelta(seconds=1)
    assert (opening.source_type, opening.source_id) == ("opening", product.pk)


def test_no_opening_is_inferred_for_a_product_that_has_a_ledger() -> None:
    product = make_product(stock=1)
    create_staging()
    stage(product, ("sale", -2, MONDAY))

    assert infer_openings() == 0
    assert staged_shortages() == [Shortage(product.pk, product.sku, 2, 1)]


def test_staging_is_empty_after_posting_and_can_be_filled_again() -> None:
    product = make_product(stock=5)
    create_staging()
    stage(product, ("sale", -1, MONDAY))
    post_staged(now=NOW)

    again = post_staged(now=NOW)

    assert (again.movements, again.products) == (0, 0)
    assert ledger(product)[-1] == ("sale", -1, 4)


def test_a_source_staged_twice_is_refused() -> None:
    product = make_product(stock=5)
    create_staging()
    stage(product, ("sale", -1, MONDAY))
    post_staged(now=NOW)
    stage(product, ("sale", -1, MONDAY))

    with pytest.raises(IntegrityError, match="movements_source_once"):
        post_staged(now=NOW)


def test_an_unknown_product_is_refused() -> None:
    create_staging()
    stage(Product(pk=424242), ("sale", -1, MONDAY))

    with pytest.raises(UnknownProducts, match="424242"):
        post_staged(now=NOW)


@pytest.mark.django_db(transaction=True)
def test_staging_outside_a_transaction_is_refused() -> None:
    with pytest.raises(RuntimeError, match="inside one transaction"):
        create_staging()
