"""The list of suppliers with their scorecards as a file."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from inventory.paths import SUPPLIERS_PATH
from inventory.supplier_pages.filters import parse_supplier_filters
from inventory.supplier_pages.page import (
    BY_NAME,
    SupplierRow,
    as_spelt,
    filter_words,
    supplier_rows,
    suppliers_of,
)
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of, rounded

_PAGE = 500
FILE_COLUMNS = (
    Column("Code", width=14, of="supplier"),
    Column("Supplier", width=26, of="supplier"),
    Column("Products", Kind.COUNT, 9, of="products"),
    Column("Reliability", Kind.SHARE, 10, of="reliability"),
    Column("At least (90%)", Kind.SHARE, 9, of="reliability"),
    Column("At most (90%)", Kind.SHARE, 9, of="reliability"),
    Column("On time, in full", Kind.COUNT, 9, of="otif"),
    Column("Of newest receipts", Kind.COUNT, 9, of="otif"),
    Column("Fill", Kind.SHARE, 8, of="fill"),
    Column("Lead time, days", Kind.NUMBER, 10, of="lead"),
    Column("Its spread, days", Kind.NUMBER, 10, of="lead"),
    Column("Against promise, days", Kind.NUMBER, 10, of="bias"),
    Column("Price variance", Kind.SHARE, 9),
    Column("Late lines", Kind.COUNT, 8, of="late"),
    Column("Returned units", Kind.COUNT, 9),
    Column("Receipts", Kind.COUNT, 9, of="receipts"),
)


def register_lists() -> None:
    """Offer the list of suppliers."""
    register(
        ExportList(
            key="suppliers",
            title="Suppliers",
            permission="inventory.view_supplier",
            path=SUPPLIERS_PATH,
            build=suppliers_table,
        )
    )


def suppliers_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the suppliers that the page's address asks for, each with its scorecard."""
    filters = as_spelt(parse_supplier_filters(query))
    suppliers = suppliers_of(filters)

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: BY_NAME.page(suppliers, size=_PAGE, cursor=cursor)):
            for row in supplier_rows(page, now=now):
                yield _cells(row)

    return shop_table(
        title="Suppliers",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=suppliers.count(),
        totals=[],
        filters=filter_words(filters),
        as_of=now,
        url=filters.url(),
    ).in_columns(filters.columns)


def _cells(row: SupplierRow) -> Sequence[Cell]:
    card = row.card
    in_full, newest = card.otif or (None, None)
    return (
        row.code,
        row.name,
        row.products,
        card.reliability.share,
        card.reliability.low,
        card.reliability.high,
        in_full,
        newest,
        card.fill_rate,
        rounded(card.lead_time_mean_days, 2),
        rounded(card.lead_time_sd_days, 2),
        rounded(card.bias_days, 2),
        card.price_variance,
        card.open_late_lines,
        card.returned_units,
        card.receipts,
    )
