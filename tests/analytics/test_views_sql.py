"""The six materialized views: rows in, refresh, rows out."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection

from analytics.choices import LoyaltyTier, Segment, View
from analytics.levels import record_levels
from analytics.models import (
    CategoryDailySales,
    CustomerPurchasePattern,
    CustomerSegments,
    DashboardOverview,
    HourlySales,
    InventoryHealth,
    TopProduct,
)
from analytics.refresh import refresh_view
from analytics.rollups import fold
from inventory.models import ProductTotals
from tests.analytics.factories import give_back, make_customer, make_sale
from tests.inventory.factories import make_product
from transactions.choices import AdjustmentKind, Channel, TransactionStatus

pytestmark = pytest.mark.django_db


@pytest.fixture
def now() -> datetime:
    """The database's own clock, which ends the windows of the views."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT now()")
        at: datetime = cursor.fetchone()[0]
    return at


def refreshed(view: View, now: datetime) -> None:
    fold(now=now)
    assert refresh_view(view, now=now).error == ""


def test_overview_compares_a_day_with_the_one_before(now: datetime) -> None:
    product = make_product(stock=5, reorder_threshold=5, order_up_to=9)
    make_product(stock=0)
    anna, bert = make_customer(), make_customer()
    recent, older = now - timedelta(hours=1), now - timedelta(hours=25)
    make_sale(product, at=recent, customer=anna, order_ref="one", price="10.00")
    make_sale(product, at=recent, customer=anna, order_ref="one", price="20.00")
    held = make_sale(
        product, at=recent, customer=bert, status=TransactionStatus.IN_REVIEW, is_suspicious=True
    )
    before = make_sale(product, at=older, customer=bert, price="7.00")
    give_back(before, "4.00", at=recent)
    give_back(before, "1.00", at=recent, kind=AdjustmentKind.CHARGEBACK_REVERSED)

    refreshed(View.DASHBOARD_OVERVIEW, now)

    row = DashboardOverview.objects.get()
    assert held.completed_at is None
    # 10 + 20 sold; 4 back and 1 of a chargeback returned.
    assert (row.gross_24h, row.refunds_24h, row.sales_24h) == (
        Decimal("30.00"),
        Decimal("3.00"),
        Decimal("27.00"),
    )
    assert (row.transactions_24h, row.orders_24h, row.active_customers_24h) == (2, 1, 1)
    assert row.average_order_24h == Decimal("30.00")
    assert (row.suspicious_24h, row.previous_suspicious) == (1, 0)
    assert (row.previous_sales, row.previous_transactions) == (Decimal("7.00"), 1)
    assert (row.previous_active_customers, row.previous_average_order) == (1, Decimal("7.00"))
    # Nobody took a reading a day ago. A product without levels counts as low when it is out.
    assert (row.low_stock, row.out_of_stock, row.previous_low_stock) == (2, 1, None)
    assert row.as_of == now


def test_overview_remembers_the_levels_of_a_day_ago(now: datetime) -> None:
    make_product(stock=0)
    record_levels(now=now - timedelta(hours=24))
    record_levels(now=now - timedelta(hours=22))

    refreshed(View.DASHBOARD_OVERVIEW, now)

    row = DashboardOverview.objects.get()
    assert (row.previous_low_stock, row.previous_out_of_stock) == (1, 1)


def test_the_window_is_half_open(now: datetime) -> None:
    product = make_product()
    make_sale(product, at=now)
    make_sale(product, at=now - timedelta(hours=24))
    make_sale(product, at=now - timedelta(hours=48))

    refreshed(View.DASHBOARD_OVERVIEW, now)

    row = DashboardOverview.objects.get()
    # [t − 24 h, t) has the second, the third lies at the open start of the day before.
    assert (row.transactions_24h, row.previous_transactions) == (1, 1)


def test_hourly_sales_sum_channels_and_end_after_35_days(now: datetime) -> None:
    product = make_product()
    hour = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=3)
    make_sale(product, at=hour, channel=Channel.STORE)
    txn = make_sale(product, at=hour + timedelta(minutes=5), channel=Channel.WEB)
    give_back(txn, "2.00", at=hour + timedelta(minutes=9))
    make_sale(product, at=now - timedelta(days=36))

    refreshed(View.HOURLY_SALES, now)

    row = HourlySales.objects.get()
    assert (row.hour, row.lines, row.net) == (hour, 2, Decimal("8.00"))
    assert row.time_zone == "America/New_York"


def test_top_products_rank_each_window(now: datetime) -> None:
    cheap, dear = make_product(), make_product()
    make_sale(cheap, at=now - timedelta(days=1), quantity=3)
    make_sale(dear, at=now - timedelta(days=20), price="90.00")

    refreshed(View.TOP_PRODUCTS, now)

    ranks = {
        window: list(
            TopProduct.objects.filter(window=window)
            .order_by("rank")
            .values_list("product_id", flat=True)
        )
        for window in (0, 7, 30)
    }
    assert ranks == {0: [dear.pk, cheap.pk], 7: [cheap.pk], 30: [dear.pk, cheap.pk]}
    # 3 units at 5.00 that cost 3 each.
    assert TopProduct.objects.get(window=7).margin == Decimal("6.0000")


def test_top_products_stop_at_200_a_window(now: datetime) -> None:
    product = make_product()
    ProductTotals.objects.bulk_create(
        ProductTotals(product=make_product(supplier=product.supplier), window=7, gross=n)
        for n in range(203)
    )

    assert refresh_view(View.TOP_PRODUCTS, now=now).error == ""

    assert TopProduct.objects.count() == 200
    assert TopProduct.objects.order_by("rank")[0].gross == Decimal("202")


def test_category_sales_end_after_400_days(now: datetime) -> None:
    product = make_product(category="Tea")
    make_sale(product, at=now - timedelta(days=401))
    txn = make_sale(product, at=now - timedelta(days=1), quantity=2)
    give_back(txn, "5.00", at=now - timedelta(days=1), units=1)

    refreshed(View.CATEGORY_DAILY, now)

    row = CategoryDailySales.objects.get()
    # 10 sold, 5 back; one unit that cost 3 stays sold.
    assert (row.category, row.net, row.margin, row.refund_rate) == (
        "Tea",
        Decimal("5.00"),
        Decimal("2.0000"),
        0.5,
    )


def test_inventory_health_counts_each_product_in_one_state(now: datetime) -> None:
    long_ago = now - timedelta(days=200)
    make_product(stock=0, price=4)
    make_product(stock=5, reorder_threshold=5, order_up_to=9)
    make_product(stock=50, reorder_threshold=5, order_up_to=9)
    make_product(stock=8, reorder_threshold=5, order_up_to=9, created_at=long_ago)
    make_product(stock=8, reorder_threshold=5, order_up_to=9)
    make_product(stock=8, active=False)

    refreshed(View.INVENTORY_HEALTH, now)

    rows = {row.state: row for row in InventoryHealth.objects.all()}
    assert {state: row.products for state, row in rows.items()} == {
        "out": 1,
        "low": 1,
        "over": 1,
        "dead": 1,
        "ok": 1,
    }
    assert (rows["over"].units, rows["over"].value) == (50, Decimal("150.0000"))


def test_a_product_that_sold_lately_is_not_dead(now: datetime) -> None:
    product = make_product(
        stock=8, reorder_threshold=5, order_up_to=9, created_at=now - timedelta(days=200)
    )
    make_sale(product, at=now - timedelta(days=100))

    refreshed(View.INVENTORY_HEALTH, now)

    assert InventoryHealth.objects.get().state == "ok"


def test_what_is_out_loses_its_usual_demand(now: datetime) -> None:
    product = make_product(stock=0, price=Decimal("4.00"))
    make_sale(product, at=now - timedelta(days=3), quantity=15)

    refreshed(View.INVENTORY_HEALTH, now)

    # 15 units in 30 days at 4.00 each.
    assert InventoryHealth.objects.get().lost_revenue_a_day == Decimal("2.00")


def test_segments_sum_up_patterns(now: datetime) -> None:
    for orders, net in ((1, "10.00"), (3, "50.00")):
        CustomerPurchasePattern.objects.create(
            customer=make_customer(),
            as_of=now,
            recency_days=1,
            orders=orders,
            net_sales=Decimal(net),
            average_amount=1,
            frequency=1,
            log_value_sd=0,
            log_value_median=0,
            log_value_mad=0,
            hour_counts=[0] * 24,
            weekday_counts=[0] * 7,
            r_score=5,
            f_score=5,
            m_score=5,
            segment=Segment.CHAMPIONS,
            loyalty=100,
            tier=LoyaltyTier.PLATINUM,
            first_order_at=now,
            last_order_at=now,
            cohort_month=date(2026, 11, 1),
        )

    assert refresh_view(View.CUSTOMER_SEGMENTS, now=now).error == ""

    row = CustomerSegments.objects.get()
    assert (row.customers, row.orders, row.net_sales) == (2, 4, Decimal("60.00"))
    assert row.repeat_rate == pytest.approx(0.5)
