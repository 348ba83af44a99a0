"""The list of sales as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.utils import timezone

from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of
from transactions.list_filters import Basis, parse_filters
from transactions.list_page import filter_words, resolve
from transactions.models import Transaction
from transactions.paths import LIST_PATH
from transactions.sales_list import Entry, computed_totals, entries_page

_PAGE = 2_000
FILE_COLUMNS = (
    Column("Transaction", width=20, of="transaction"),
    Column("Order", width=16),
    Column("Time", Kind.MOMENT, 19, of="time"),
    Column("Customer code", width=14, of="customer"),
    Column("Customer", width=20, of="customer"),
    Column("Product code", width=14, of="product"),
    Column("Product", width=28, of="product"),
    Column("Quantity", Kind.COUNT, 9, of="quantity"),
    Column("Amount", Kind.MONEY, 12, of="amount"),
    Column("Channel", width=10),
    Column("Payment", width=10, of="payment"),
    Column("Store", width=8),
    Column("IP country", width=9, of="payment"),
    Column("Ship country", width=9, of="payment"),
    Column("Score", Kind.NUMBER, 8, of="score"),
    Column("Status", width=13, of="status"),
)


def register_lists() -> None:
    """Offer the list of sales."""
    register(
        ExportList(
            key="transactions",
            title="Transactions",
            permission="transactions.view_transaction",
            path=LIST_PATH,
            build=sales_table,
        )
    )


def sales_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the sales (and money that went back) that the page's address asks for."""
    zone = timezone.get_default_timezone()
    asked = resolve(parse_filters(dict(query), zone=zone), now=now)
    filters, sales = asked.filters, asked.sales
    totals = computed_totals(sales, basis=filters.basis)

    def rows() -> Iterator[Sequence[Cell]]:
        pages = pages_of(
            lambda cursor: entries_page(
                sales, basis=filters.basis, sort=filters.sort, cursor=cursor, size=_PAGE
            )
        )
        for entries in pages:
            for entry in entries:
                yield _row(entry, filters.basis)

    shown: list[tuple[str, Cell]] = [
        ("Orders", totals.orders),
        ("Customers", totals.customers),
        ("Gross" if totals.net is not None else "Amount", totals.amount),
    ]
    if totals.refunds is not None:
        shown += [("Refunds and chargebacks", -totals.refunds), ("Net", totals.net)]
    return Table(
        title="Transactions",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=totals.rows,
        totals=shown,
        filters=filter_words(filters, now=now),
        as_of=now,
        zone=zone,
        currency=settings.SHOP_CURRENCY,
        url=filters.url(LIST_PATH),
    ).in_columns(filters.columns)


def _row(entry: Entry, basis: Basis) -> Sequence[Cell]:
    sale = entry if isinstance(entry, Transaction) else entry.transaction
    of_sale = isinstance(entry, Transaction)
    moment = sale.timestamp if basis is Basis.PLACED else sale.completed_at or sale.timestamp
    return (
        sale.reference if isinstance(entry, Transaction) else entry.reference,
        sale.order_ref,
        moment if isinstance(entry, Transaction) else entry.booked_at,
        sale.customer.code if sale.customer else None,
        sale.customer.name if sale.customer else None,
        sale.product.sku,
        sale.product.name,
        sale.quantity if isinstance(entry, Transaction) else entry.units_returned,
        sale.total_amount if isinstance(entry, Transaction) else entry.signed_amount,
        sale.channel,
        sale.payment_method,
        sale.store,
        sale.ip_country,
        sale.ship_country,
        round(100 * sale.fraud_score, 1) if of_sale else None,
        sale.status if isinstance(entry, Transaction) else entry.kind,
    )
