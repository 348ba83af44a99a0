"""Reads of the materialized views, each through its row of the cache table and nowhere else."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import Sum

from analytics.choices import Segment
from analytics.models import (
    CategoryDailySales,
    CustomerSegments,
    DashboardOverview,
    HourlySales,
    InventoryHealth,
    TopProduct,
)
from analytics.reports.sums import Sums
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import (
    CATEGORIES,
    DASHBOARD_OVERVIEW,
    HOURLY_SALES,
    SEGMENTS,
    STOCK_HEALTH,
    TOP_PRODUCTS,
)

DAY = timedelta(days=1)
# As far back as the views go.
HOURS_KEPT_DAYS = 34
CATEGORY_DAYS_KEPT = 399
# As many of the best products as a page shows.
SELLERS = 20
_CATEGORY_SUMS = ("lines", "orders", "units", "units_returned", "gross", "refunds", "margin")


@dataclass(frozen=True, slots=True)
class LastDay:
    """The 24 hours before `as_of` and the 24 before those, of dashboard_overview_mv.

    net, gross, refunds: money. average_order: None without orders.
    """

    as_of: datetime
    net: Decimal
    gross: Decimal
    refunds: Decimal
    transactions: int
    orders: int
    customers: int
    average_order: Decimal | None
    suspicious: int
    low_stock: int
    out_of_stock: int
    previous_net: Decimal
    previous_transactions: int
    previous_customers: int
    previous_average_order: Decimal | None
    previous_suspicious: int


@dataclass(frozen=True, slots=True)
class SellerRow:
    """A product among the best of a window, by gross sales; rank 1 sold most."""

    product_id: int
    rank: int
    units: int
    gross: Decimal
    net: Decimal
    margin: Decimal


@dataclass(frozen=True, slots=True)
class HealthRow:
    """Products of one category, stock state and class. value: stock at unit cost."""

    category: str
    state: str
    abc_class: str
    products: int
    units: int
    value: Decimal
    lost_revenue_a_day: Decimal


@dataclass(frozen=True, slots=True)
class SegmentRow:
    """Customers of one segment and cohort month. repeat_rate: 0 to 1."""

    segment: str
    cohort_month: date
    customers: int
    orders: int
    net: Decimal
    repeat_rate: float

    @property
    def label(self) -> str:
        """The segment's name."""
        return Segment(self.segment).label


def last_day() -> LastDay:
    """Return the last 24 hours, as of the view's refresh."""

    def read() -> LastDay:
        row = DashboardOverview.objects.get()
        return LastDay(
            as_of=row.as_of,
            net=row.sales_24h,
            gross=row.gross_24h,
            refunds=row.refunds_24h,
            transactions=row.transactions_24h,
            orders=row.orders_24h,
            customers=row.active_customers_24h,
            average_order=row.average_order_24h,
            suspicious=row.suspicious_24h,
            low_stock=row.low_stock,
            out_of_stock=row.out_of_stock,
            previous_net=row.previous_sales,
            previous_transactions=row.previous_transactions,
            previous_customers=row.previous_active_customers,
            previous_average_order=row.previous_average_order,
            previous_suspicious=row.previous_suspicious,
        )

    return get_or_compute(DASHBOARD_OVERVIEW, {}, read).value


def hourly_sales() -> dict[datetime, Sums]:
    """Return the hours of the last 35 days that have any sales, by when they begin."""

    def read() -> dict[datetime, Sums]:
        return {
            row.hour: Sums(
                lines=row.lines,
                orders=row.orders,
                units=row.units,
                units_returned=row.units_returned,
                gross=row.gross,
                refunds=row.refunds,
            )
            for row in HourlySales.objects.all()
        }

    return get_or_compute(HOURLY_SALES, {}, read).value


def top_products(window: int) -> Sequence[SellerRow]:
    """Return the products with most gross sales in a window of shop days, best first.

    window: 7, 30, 90 or 365 days that end with the rollups' day, or 0 for all time.
    """

    return get_or_compute(TOP_PRODUCTS, {"window": window}, lambda: read_sellers(window)).value


def read_sellers(window: int) -> list[SellerRow]:
    """Return what `top_products` keeps, from the view; served by top_products_mv_rank."""
    rows = TopProduct.objects.filter(window=window, rank__lte=SELLERS).order_by("rank")
    return [
        SellerRow(row.product_id, row.rank, row.units, row.gross, row.net, row.margin)
        for row in rows
    ]


def category_sales(first: date, last: date) -> dict[str, Sums]:
    """Return the sums of each category with any, both shop days included, at most 399 back."""

    def read() -> dict[str, Sums]:
        sums = {f"all_{name}": Sum(name) for name in _CATEGORY_SUMS}
        rows = (
            CategoryDailySales.objects.filter(day__range=(first, last))
            .values("category")
            .annotate(**sums)
            .values_list("category", *sums)
        )
        return {
            category: Sums(lines, orders, units, returned, gross, refunds, gross - refunds - margin)
            for category, lines, orders, units, returned, gross, refunds, margin in rows
        }

    return get_or_compute(CATEGORIES, {"window": f"{first}_{last}"}, read).value


def stock_health() -> Sequence[HealthRow]:
    """Return products and stock by category, state and ABC class."""

    def read() -> list[HealthRow]:
        return [
            HealthRow(
                row.category,
                row.state,
                row.abc_class,
                row.products,
                row.units,
                row.value,
                row.lost_revenue_a_day,
            )
            for row in InventoryHealth.objects.all()
        ]

    return get_or_compute(STOCK_HEALTH, {}, read).value


def segments() -> Sequence[SegmentRow]:
    """Return the customers of each segment and cohort month."""

    def read() -> list[SegmentRow]:
        return [
            SegmentRow(
                row.segment,
                row.cohort_month,
                row.customers,
                row.orders,
                row.net_sales,
                row.repeat_rate,
            )
            for row in CustomerSegments.objects.order_by("segment", "cohort_month")
        ]

    return get_or_compute(SEGMENTS, {}, read).value
