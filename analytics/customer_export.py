"""The list of customers as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from django.db.models import Sum

from analytics.customer_list import SORTS, filter_words, parse_list, patterns_of
from analytics.models import CustomerPurchasePattern
from analytics.paths import LIST_PATH
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of, rounded

_PAGE = 2_000
FILE_COLUMNS = (
    Column("Code", width=14, of="customer"),
    Column("Customer", width=24, of="customer"),
    Column("Segment", width=18, of="segment"),
    Column("First orders in", Kind.DATE, 12),
    Column("Newest order", Kind.MOMENT, 19, of="newest"),
    Column("Orders, 365 days", Kind.COUNT, 9, of="orders"),
    Column("Net, 365 days", Kind.MONEY, 13, of="net"),
    Column("Average order", Kind.MONEY, 12),
    Column("Expected order days, 90 days", Kind.NUMBER, 11),
    Column("Expected, 90 days", Kind.MONEY, 13, of="expected"),
    Column("Chance to come again", Kind.SHARE, 10),
    Column("Loyalty", Kind.NUMBER, 9, of="loyalty"),
    Column("Tier", width=10, of="loyalty"),
)


def register_lists() -> None:
    """Offer the list of customers."""
    register(
        ExportList(
            key="customers",
            title="Customers",
            permission="transactions.view_customer",
            path=LIST_PATH,
            build=customers_table,
        )
    )


def customers_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the customers that the page's address asks for, as they were last analyzed."""
    filters = replace(parse_list(query), cursor="")
    patterns = patterns_of(filters)
    keyset = SORTS[filters.sort]
    sums = patterns.order_by().aggregate(
        orders=Sum("orders", default=0),
        net=Sum("net_sales", default=Decimal(0)),
        expected=Sum("expected_value_90d", default=Decimal(0)),
    )

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: keyset.page(patterns, size=_PAGE, cursor=cursor)):
            for pattern in page:
                yield _cells(pattern)

    newest = patterns.order_by("-as_of").values_list("as_of", flat=True).first()
    return shop_table(
        title="Customers",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=patterns.order_by().count(),
        totals=[
            ("Orders", sums["orders"]),
            ("Net, 365 days", sums["net"]),
            ("Expected, 90 days", sums["expected"]),
        ],
        filters=filter_words(filters),
        as_of=newest or now,
        url=filters.url(),
    ).in_columns(filters.columns)


def _cells(pattern: CustomerPurchasePattern) -> Sequence[Cell]:
    customer = pattern.customer
    return (
        customer.code,
        customer.name,
        pattern.get_segment_display(),
        pattern.cohort_month,
        pattern.last_order_at,
        pattern.orders,
        pattern.net_sales,
        pattern.average_amount,
        rounded(pattern.expected_orders_90d, 3),
        pattern.expected_value_90d,
        pattern.p_alive,
        round(pattern.loyalty, 1),
        pattern.get_tier_display(),
    )
