"""The list of purchase orders as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import DecimalField, F, Sum

from inventory.choices import OrderState
from inventory.models import PurchaseOrderLine
from inventory.order_pages.page import (
    NEWEST,
    TAB_LABELS,
    OrderFilters,
    narrowed,
    on_tab,
    order_rows,
    parse_order_filters,
)
from inventory.paths import ORDERS_PATH
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of

_PAGE = 1_000
FILE_COLUMNS = (
    Column("Order", width=16, of="order"),
    Column("Supplier", width=24, of="supplier"),
    Column("State", width=16, of="state"),
    Column("Ordered", Kind.MOMENT, 19, of="ordered"),
    Column("Promised", Kind.DATE, 12, of="promised"),
    Column("Days late", Kind.COUNT, 9, of="promised"),
    Column("Lines", Kind.COUNT, 8, of="lines"),
    Column("Units", Kind.COUNT, 9, of="units"),
    Column("Received", Kind.SHARE, 9, of="received"),
    Column("Amount", Kind.MONEY, 13, of="amount"),
)
_MONEY: Any = DecimalField(max_digits=20, decimal_places=4)


def register_lists() -> None:
    """Offer the list of purchase orders."""
    register(
        ExportList(
            key="orders",
            title="Purchase orders",
            permission="inventory.view_purchaseorder",
            path=ORDERS_PATH,
            build=orders_table,
        )
    )


def orders_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the orders that the page's address asks for."""
    filters = parse_order_filters(query)
    orders = narrowed(filters).filter(on_tab(filters.tab, now=now))
    sums = PurchaseOrderLine.objects.filter(order__in=orders).aggregate(
        units=Sum("quantity", default=0),
        amount=Sum(F("quantity") * F("unit_cost"), output_field=_MONEY, default=Decimal(0)),
    )

    def rows() -> Iterator[Sequence[Cell]]:
        loaded = orders.select_related("supplier")
        for page in pages_of(lambda cursor: NEWEST.page(loaded, size=_PAGE, cursor=cursor)):
            for row in order_rows(page, now=now):
                yield (
                    row.number,
                    row.supplier_name,
                    OrderState(row.state).label,
                    row.ordered_at,
                    row.promised,
                    row.days_late,
                    row.lines,
                    row.units,
                    row.received,
                    round(row.amount, 2),
                )

    return shop_table(
        title="Purchase orders",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=orders.count(),
        totals=[("Units", sums["units"]), ("Amount", round(sums["amount"], 2))],
        filters=_words(filters),
        as_of=now,
        url=filters.url(),
    ).in_columns(filters.columns)


def _words(filters: OrderFilters) -> list[str]:
    words = [TAB_LABELS[filters.tab]]
    return [*words, f"Supplier {filters.supplier}"] if filters.supplier else words
