"""One customer's page as files: its panels as they stand, and every order of the customer."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Final

from analytics.customer_page import customer_report, orders_of
from analytics.paths import customer_path
from analytics.reports.export import list_key, table_of_panel
from techmart.core.exports.registry import ExportList, Query, Subject, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table
from transactions.models import Customer

# The panels with a table that is whole: title by key. Orders are a list of their own.
PANELS: Final[Mapping[str, str]] = {
    "pattern": "Purchase pattern",
    "categories": "What they buy",
    "weekdays": "Orders by weekday",
    "hours": "Orders by hour",
}
CUSTOMER = Subject("code", "code", lambda: Customer.objects.all())
_PERMISSION = "transactions.view_customer"
_PATH = "/analytics/customers/{code}/"
_ORDER_COLUMNS = (
    Column("Order", width=18),
    Column("Time", Kind.MOMENT, 19),
    Column("Products", width=60),
    Column("Lines", Kind.COUNT, 7),
    Column("Units", Kind.COUNT, 7),
    Column("Amount", Kind.MONEY, 12),
    Column("Refunded", Kind.MONEY, 12),
)


def register_lists() -> None:
    """Offer the tables of a customer's page."""
    builds: dict[str, Callable[[Query, User, datetime], Table]] = {
        **{key: partial(panel_table, key) for key in PANELS},
        "orders": orders_table,
    }
    for key, build in builds.items():
        register(
            ExportList(
                key=list_key("customer", key),
                title=f"A customer: {PANELS.get(key, 'Orders')}",
                permission=_PERMISSION,
                path=_PATH,
                build=build,
                subject=CUSTOMER,
            )
        )


def panel_table(key: str, query: Query, _user: User, now: datetime) -> Table:
    """Return one panel's table as the customer's page shows it."""
    customer = CUSTOMER.of(query)
    panels = {panel.key: panel for panel in customer_report(customer).panels}
    return table_of_panel(
        panels[key],
        title=f"{PANELS[key]}, {customer.code}",
        filters=_words(customer),
        now=now,
        url=f"{customer_path(customer.code)}#panel-{key}",
    )


def orders_table(query: Query, _user: User, now: datetime) -> Table:
    """Return every order of a customer with a completed line, newest first."""
    customer = CUSTOMER.of(query)
    orders = orders_of(customer)

    def rows() -> Iterator[Sequence[Cell]]:
        for reference, order in orders.items():
            yield (
                reference,
                order.at,
                ", ".join(order.products),
                order.lines,
                order.units,
                order.amount,
                order.refunded,
            )

    return shop_table(
        title=f"Orders of {customer.code}",
        columns=_ORDER_COLUMNS,
        rows=rows,
        row_count=len(orders),
        totals=[
            ("Lines", sum(order.lines for order in orders.values())),
            ("Units", sum(order.units for order in orders.values())),
            ("Amount", sum((order.amount for order in orders.values()), Decimal(0))),
            ("Refunded", sum((order.refunded for order in orders.values()), Decimal(0))),
        ],
        filters=[*_words(customer), "Completed"],
        as_of=now,
        url=f"{customer_path(customer.code)}#panel-orders",
    )


def _words(customer: Customer) -> list[str]:
    return [f"Customer {customer.code}"]
