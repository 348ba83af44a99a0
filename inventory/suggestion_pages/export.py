"""The list of reorder suggestions as a file: the rows of its page, all of them."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from inventory.paths import SUGGESTIONS_PATH
from inventory.suggestion_pages.filters import SuggestionFilters, parse_suggestion_filters
from inventory.suggestion_pages.page import (
    ORDER,
    TAB_LABELS,
    SuggestionRow,
    cost_of,
    narrowed,
    on_tab,
    suggestion_row,
)
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of

_PAGE = 1_000
FILE_COLUMNS = (
    Column("Code", width=14, of="product"),
    Column("Product", width=30, of="product"),
    Column("Class", width=6, of="product"),
    Column("Supplier", width=20, of="supplier"),
    Column("Available", Kind.COUNT, 10, of="available"),
    Column("Inbound", Kind.COUNT, 9, of="inbound"),
    Column("Runs out first", Kind.SHARE, 9, of="risk"),
    Column("Needed by", Kind.DATE, 12, of="needed"),
    Column("Lost margin", Kind.MONEY, 12, of="lost"),
    Column("Suggested", Kind.COUNT, 10, of="order"),
    Column("Order", Kind.COUNT, 8, of="order"),
    Column("Cost", Kind.MONEY, 12, of="cost"),
    Column("Confidence", Kind.SHARE, 10),
    Column("State", width=14),
    Column("Note", width=28, of="product"),
    Column("Snoozed until", Kind.MOMENT, 19),
    Column("Purchase order", width=15),
)


def register_lists() -> None:
    """Offer the list of suggestions."""
    register(
        ExportList(
            key="suggestions",
            title="Reorder suggestions",
            permission="inventory.view_reordersuggestion",
            path=SUGGESTIONS_PATH,
            build=suggestions_table,
        )
    )


def suggestions_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the suggestions that the page's address asks for."""
    filters = parse_suggestion_filters(query)
    suggestions = narrowed(filters).filter(on_tab(filters.tab, now=now))

    def rows() -> Iterator[Sequence[Cell]]:
        loaded = suggestions.select_related("product__supplier", "order_line__order")
        for page in pages_of(lambda cursor: ORDER.page(loaded, size=_PAGE, cursor=cursor)):
            for suggestion in page:
                yield _cells(suggestion_row(suggestion, now=now))

    return shop_table(
        title="Reorder suggestions",
        columns=FILE_COLUMNS,
        rows=rows,
        row_count=suggestions.count(),
        totals=[("Cost", round(cost_of(suggestions), 2))],
        filters=_words(filters),
        as_of=now,
        url=filters.url(),
    ).in_columns(filters.columns)


def _cells(row: SuggestionRow) -> Sequence[Cell]:
    return (
        row.sku,
        row.name,
        row.abc,
        row.supplier_name,
        row.available,
        row.on_order,
        row.p_stockout,
        row.need_by,
        row.lost_margin,
        row.quantity if row.suggested is None else row.suggested,
        row.quantity,
        round(row.cost, 2),
        row.confidence,
        row.state_label,
        row.note,
        row.snoozed_until,
        row.order_number,
    )


def _words(filters: SuggestionFilters) -> list[str]:
    words = [TAB_LABELS[filters.tab]]
    if filters.supplier:
        words.append(f"Supplier {filters.supplier}")
    if filters.confidence:
        words.append(f"{filters.confidence.value.capitalize()} confidence")
    return words
