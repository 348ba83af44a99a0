"""The list of purchase orders as its page shows it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.db.models import Count, DecimalField, F, Q, QuerySet, Sum
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from inventory.choices import INBOUND_ORDER_STATES, OrderState
from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.paths import ORDERS_PATH, order_path, supplier_path
from inventory.querysets import late_on
from inventory.range_options import supplier_select
from techmart.lib.columns import (
    COLUMNS,
    column_menu,
    parse_columns,
    shown_columns,
    write_columns,
)
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import AsOf, Chip, Column, Link, keyset_pager
from techmart.lib.periods import address

CURSOR = "after"
PAGE_SIZE = 50
FRESH_SECONDS = 60
NEWEST = Keyset("-pk")
_COLUMNS = (
    Column("Order", name="order"),
    Column("Supplier", name="supplier"),
    Column("State", name="state"),
    Column("Ordered", hide="opt-m", name="ordered"),
    Column("Promised", name="promised"),
    Column("Lines", align="r", hide="opt-l", name="lines"),
    Column("Units", align="r", hide="opt-m", name="units"),
    Column("Received", align="r", name="received"),
    Column("Amount", align="r", name="amount"),
)
# What can be left out of the table, in its order; the first names the row and stays.
COLUMN_NAMES = tuple(column.name for column in _COLUMNS)
_LONGEST = 120
_MONEY: Any = DecimalField(max_digits=20, decimal_places=4)


class OrderTab(StrEnum):
    """What of the orders is shown."""

    OPEN = "open"
    DRAFT = "draft"
    COMING = "coming"
    LATE = "late"
    DONE = "done"
    CANCELLED = "cancelled"
    ALL = "all"


TAB_LABELS = {
    OrderTab.OPEN: "Open",
    OrderTab.DRAFT: "Drafts",
    OrderTab.COMING: "On their way",
    OrderTab.LATE: "Late",
    OrderTab.DONE: "Received",
    OrderTab.CANCELLED: "Cancelled",
    OrderTab.ALL: "All",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilters:
    """What the list is narrowed to. supplier: its code. columns: names, () for all of them."""

    tab: OrderTab = OrderTab.OPEN
    supplier: str = ""
    columns: tuple[str, ...] = ()
    ignored: tuple[tuple[str, str], ...] = ()

    def url(self, *, cursor: str = "") -> str:
        """Return the one address of this view; defaults are left out."""
        written = {
            "status": "" if self.tab is OrderTab.OPEN else self.tab.value,
            "sup": self.supplier,
            COLUMNS: write_columns(self.columns),
            CURSOR: cursor,
        }
        return address(ORDERS_PATH, {name: value for name, value in written.items() if value})


def parse_order_filters(parameters: Mapping[str, str]) -> OrderFilters:
    """Read an address; what means nothing falls back and is remembered."""
    filters = OrderFilters()
    ignored = []
    for name, given in parameters.items():
        value = given.strip()
        if name == CURSOR or not value:
            continue
        if name == "status" and value in set(OrderTab):
            filters = replace(filters, tab=OrderTab(value))
        elif name == "sup" and len(value) <= _LONGEST and "\x00" not in value:
            filters = replace(filters, supplier=value)
        elif name == COLUMNS:
            columns, unknown = parse_columns(value, COLUMN_NAMES)
            filters = replace(filters, columns=columns)
            ignored += [(name, unknown[:_LONGEST])] if unknown else []
        else:
            ignored.append((name[:_LONGEST], value[:_LONGEST]))
    return replace(filters, ignored=tuple(ignored[:5]))


@dataclass(frozen=True, slots=True)
class OrderRow:
    """One order. ordered_on, promised: shop days. received: share of its units, 0 to 1."""

    pk: int
    number: str
    url: str
    supplier_name: str
    supplier_url: str
    state: str
    ordered_at: datetime | None
    promised: date | None
    days_late: int
    lines: int
    units: int
    received: float
    amount: Decimal


def list_context(filters: OrderFilters, *, cursor: str, now: datetime) -> dict[str, Any]:
    """Return what `inventory/_orders.html` asks for. Raises BadCursor."""
    orders = narrowed(filters)
    counts = orders.aggregate(
        **{tab.value: Count("pk", filter=on_tab(tab, now=now)) for tab in OrderTab}
    )
    page = NEWEST.page(
        orders.filter(on_tab(filters.tab, now=now)).select_related("supplier"),
        size=PAGE_SIZE,
        cursor=cursor,
    )
    select = supplier_select(filters.supplier)
    page_url = filters.url(cursor=cursor)
    return {
        "page_url": page_url,
        "clear_url": OrderFilters(columns=filters.columns).url(),
        "freshness": AsOf(now, FRESH_SECONDS),
        "tabs": [
            Link(
                label,
                replace(filters, tab=tab).url(),
                filters.tab is tab,
                counts[tab.value],
                "bad" if tab is OrderTab.LATE and counts[tab.value] else "",
            )
            for tab, label in TAB_LABELS.items()
        ],
        "selects": [select] if select else [],
        "chips": _chips(filters),
        "hidden": parse_qsl(urlsplit(replace(filters, supplier="").url()).query),
        "columns": shown_columns(_COLUMNS, filters.columns),
        "column_menu": column_menu(_COLUMNS, filters.columns, page_url=page_url),
        "rows": order_rows(page.rows, now=now),
        "pager": keyset_pager(
            page, lambda cursor: filters.url(cursor=cursor), total=counts[filters.tab.value]
        ),
        "filtered": bool(filters.supplier),
    }


def narrowed(filters: OrderFilters) -> QuerySet[PurchaseOrder]:
    """Return the orders that the filters leave, of all tabs."""
    orders = PurchaseOrder.objects.all()
    return orders.filter(supplier__code=filters.supplier) if filters.supplier else orders


def on_tab(tab: OrderTab, *, now: datetime) -> Q:
    """Return what of the orders a tab shows."""
    coming = Q(state__in=INBOUND_ORDER_STATES)
    match tab:
        case OrderTab.OPEN:
            return coming | Q(state=OrderState.DRAFT)
        case OrderTab.DRAFT | OrderTab.CANCELLED:
            return Q(state=tab.value)
        case OrderTab.COMING:
            return coming
        case OrderTab.LATE:
            return coming & late_on(timezone.localdate(now))
        case OrderTab.DONE:
            return Q(state__in=(OrderState.RECEIVED, OrderState.CLOSED))
        case OrderTab.ALL:
            return Q()


def order_rows(orders: Sequence[PurchaseOrder], *, now: datetime) -> list[OrderRow]:
    """Return orders with what their lines come to; one query. supplier must be loaded."""
    sums = {
        row["order_id"]: row
        for row in PurchaseOrderLine.objects.filter(order__in=orders)
        .order_by()
        .values("order_id")
        .annotate(
            lines=Count("pk"),
            units=Sum("quantity"),
            came=Coalesce(Sum(Least("received_quantity", "quantity")), 0),
            amount=Sum(F("quantity") * F("unit_cost"), output_field=_MONEY),
        )
    }
    nothing = {"lines": 0, "units": 0, "came": 0, "amount": Decimal(0)}
    rows = []
    for order in orders:
        of_order = sums.get(order.pk, nothing)
        rows.append(
            OrderRow(
                pk=order.pk,
                number=order.number,
                url=order_path(order.number),
                supplier_name=order.supplier.name,
                supplier_url=supplier_path(order.supplier.code),
                state=order.state,
                ordered_at=order.ordered_at,
                promised=order.promised_date,
                days_late=days_late(order, now=now),
                lines=of_order["lines"],
                units=of_order["units"],
                received=of_order["came"] / of_order["units"] if of_order["units"] else 0.0,
                amount=of_order["amount"],
            )
        )
    return rows


def days_late(order: PurchaseOrder, *, now: datetime) -> int:
    """Return by how many days an order on its way is beyond promise and tolerance; 0 in time."""
    if order.state not in INBOUND_ORDER_STATES or order.promised_date is None:
        return 0
    allowed = order.promised_date + timedelta(days=order.supplier.tolerance_days)
    today = timezone.localdate(now)
    return (today - order.promised_date).days if today > allowed else 0


def _chips(filters: OrderFilters) -> list[Chip]:
    here = filters.url()
    chips = [Chip(f"ignored: {k}={v}", here, ignored=True) for k, v in filters.ignored]
    if filters.supplier:
        chips.insert(0, Chip(f"Supplier {filters.supplier}", replace(filters, supplier="").url()))
    return chips
