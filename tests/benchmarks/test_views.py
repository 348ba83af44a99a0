"""What the refreshes are measured against says the same as the views, of the same sales."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection

from analytics.models import (
    CategoryDailySales,
    CustomerSegments,
    HourlySales,
    InventoryHealth,
    TopProduct,
)
from analytics.patterns import analyze_customer_patterns
from analytics.refresh import refresh_all_views
from analytics.rollups.rebuilding import rebuild_rollups
from benchmarks.synthetic import BASE, CREATE_PICK, ShopSize
from benchmarks.views import PLAIN, VIEWS

pytestmark = pytest.mark.django_db

# Fewer products than the best of a window, fewer days than any window but a week's and a month's.
SIZE = ShopSize(days=25, lines_per_day=60, products=50, customers=30, suppliers=5)


@pytest.fixture
def shop() -> None:
    """A shop with every view refreshed."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        now: datetime = cursor.fetchone()[0]
        cursor.execute(CREATE_PICK)
        for table in ("transactions", "adjustments"):
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        for statement in BASE:
            cursor.execute(statement, SIZE.parameters(now=now))
    rebuild_rollups(now=now)
    analyze_customer_patterns(now=now)
    assert [run.error for run in refresh_all_views(now=now, triggered_by="test")] == [""] * 6


def plain(view: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(PLAIN[view])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def sums(rows: Iterable[tuple[Any, ...]]) -> Counter[Any]:
    """Sum the second column by the first."""
    found: Counter[Any] = Counter()
    for key, amount in rows:
        found[key] += amount
    return found


def test_every_view_but_the_overview_of_base_rows_has_one() -> None:
    assert {*PLAIN, "dashboard_overview_mv"} == set(VIEWS)


def test_hours_are_the_same(shop: None) -> None:
    rows = HourlySales.objects.values_list("hour", "lines", "orders", "units", "gross", "refunds")
    assert len(rows) > 24 * 20
    assert set(rows) == set(plain("hourly_sales_mv"))


def test_days_of_categories_are_the_same(shop: None) -> None:
    rows = CategoryDailySales.objects.values_list(
        "day", "category", "lines", "orders", "units", "gross", "refunds"
    )
    assert len(rows) > 25
    assert set(rows) == set(plain("category_daily_sales_mv"))


def test_best_products_of_all_time_are_the_same(shop: None) -> None:
    # Not their orders: one about midnight is one a day in the totals.
    rows = TopProduct.objects.filter(window=0).values_list("product_id", "units", "gross")
    assert len(rows) > 40
    assert set(rows) == {
        (product, units, gross)
        for days, product, units, _, gross, *_ in plain("top_products_mv")
        if days == 100_000
    }


def test_stock_is_the_same(shop: None) -> None:
    rows = plain("inventory_health_mv")
    health = InventoryHealth.objects.values_list("category", "products", "units", "value")
    for place, column in enumerate((3, 4, 5), start=1):
        assert sums((row[0], row[place]) for row in health) == sums(
            (row[0], row[column]) for row in rows
        )


def test_customers_and_orders_are_the_same(shop: None) -> None:
    segments = CustomerSegments.objects.values_list("customers", "orders")
    rows = plain("customer_segments_mv")
    for place in (0, 1):
        assert sum(row[place] for row in segments) == sum(row[place + 1] for row in rows) > 0
