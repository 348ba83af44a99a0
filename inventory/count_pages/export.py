"""Count sheets, what one came to, and what is due to be counted, as files."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.db.models import Count, Q

from inventory.choices import CountLineState
from inventory.count_pages.sheets import (
    NEWEST,
    SHEET_COLUMNS,
    figures_of,
    lines_of,
    sheet_rows,
)
from inventory.count_schedule import due_counts
from inventory.models import CountLine, CountSheet
from inventory.paths import COUNTS_PATH, count_sheet_path
from techmart.core.exports.registry import ExportList, Query, Subject, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib.export import Cell, Column, Kind, Table, pages_of
from techmart.lib.plain_list import parse_plain_list

_PAGE = 500
_PERMISSION = "inventory.view_countsheet"
SHEET = Subject("sheet", "pk", lambda: CountSheet.objects.all())
SHEET_FILE = (
    Column("Sheet", width=8, of="sheet"),
    Column("Class", width=6, of="class"),
    Column("Made", Kind.MOMENT, 19, of="made"),
    Column("By", width=18, of="by"),
    Column("Products", Kind.COUNT, 9, of="counted"),
    Column("Counted", Kind.COUNT, 9, of="counted"),
    Column("Wait for approval", Kind.COUNT, 9, of="waiting"),
    Column("State", width=10, of="state"),
    Column("Done", Kind.MOMENT, 19),
)
_LINE_COLUMNS = (
    Column("Code", width=14),
    Column("Product", width=30),
    Column("Category", width=16),
    Column("Counted", Kind.COUNT, 9),
    Column("Booked", Kind.COUNT, 9),
    Column("Difference", Kind.COUNT, 10),
    Column("State", width=20),
    Column("Counted by", width=16),
    Column("Counted at", Kind.MOMENT, 19),
    Column("Decided by", width=16),
    Column("Decided at", Kind.MOMENT, 19),
    Column("Why", width=24),
)
_DUE_COLUMNS = (
    Column("Class", width=6),
    Column("Counted every, days", Kind.COUNT, 10),
    Column("Products", Kind.COUNT, 9),
    Column("Due", Kind.COUNT, 9),
    Column("Never counted", Kind.COUNT, 9),
    Column("A day, to keep up", Kind.COUNT, 9),
)


def register_lists() -> None:
    """Offer the sheets, the lines of one, and what is due."""
    register(ExportList("counts", "Count sheets", _PERMISSION, COUNTS_PATH, sheets_table))
    register(ExportList("counts-due", "Counts that are due", _PERMISSION, COUNTS_PATH, due_table))
    register(
        ExportList(
            key="count-sheet",
            title="Lines of a count sheet",
            permission=_PERMISSION,
            path=f"{COUNTS_PATH}{{sheet}}/",
            build=lines_table,
            subject=SHEET,
        )
    )


def sheets_table(query: Query, _user: User, now: datetime) -> Table:
    """Return all sheets, newest first."""
    view = parse_plain_list(query, path=COUNTS_PATH, columns=SHEET_COLUMNS)
    sheets = CountSheet.objects.select_related("created_by")
    sums = CountLine.objects.aggregate(
        total=Count("pk"),
        posted=Count("pk", filter=Q(state=CountLineState.POSTED)),
        waiting=Count("pk", filter=Q(state=CountLineState.WAITING)),
    )

    def rows() -> Iterator[Sequence[Cell]]:
        for page in pages_of(lambda cursor: NEWEST.page(sheets, size=_PAGE, cursor=cursor)):
            for row in sheet_rows(page):
                sheet = row.sheet
                yield (
                    str(sheet.pk),
                    sheet.abc_class,
                    sheet.created_at,
                    _name(sheet.created_by),
                    row.total,
                    row.posted,
                    row.waiting,
                    sheet.get_state_display(),
                    sheet.closed_at,
                )

    return shop_table(
        title="Count sheets",
        columns=SHEET_FILE,
        rows=rows,
        row_count=sheets.count(),
        totals=[
            ("Products", sums["total"]),
            ("Counted", sums["posted"]),
            ("Wait for approval", sums["waiting"]),
        ],
        filters=[],
        as_of=now,
        url=view.url(),
    ).in_columns(view.chosen)


def lines_table(query: Query, _user: User, now: datetime) -> Table:
    """Return the lines of one sheet; what is booked is empty until a line is counted."""
    sheet = SHEET.of(query)
    lines = list(lines_of(sheet))
    figures = [figures_of(line) for line in lines]

    def rows() -> Iterator[Sequence[Cell]]:
        for line, told in zip(lines, figures, strict=True):
            yield (
                line.product.sku,
                line.product.name,
                line.product.category,
                told.counted,
                told.booked,
                told.difference,
                line.get_state_display(),
                _name(line.counted_by),
                line.counted_at,
                _name(line.decided_by),
                line.decided_at,
                line.reason,
            )

    return shop_table(
        title=f"Count sheet {sheet.pk}",
        columns=_LINE_COLUMNS,
        rows=rows,
        row_count=len(lines),
        totals=[
            ("Posted", sum(line.state == CountLineState.POSTED for line in lines)),
            ("Wait for approval", sum(line.state == CountLineState.WAITING for line in lines)),
            ("Difference, units", sum(told.difference or 0 for told in figures)),
        ],
        filters=[f"Count sheet {sheet.pk}"],
        as_of=now,
        url=count_sheet_path(sheet.pk),
    )


def due_table(_query: Query, _user: User, now: datetime) -> Table:
    """Return what is due of each class."""
    due = due_counts(now=now)

    def rows() -> Iterator[Sequence[Cell]]:
        for row in due:
            yield (row.abc_class, row.every_days, row.products, row.due, row.never, row.a_day)

    return shop_table(
        title="Counts that are due",
        columns=_DUE_COLUMNS,
        rows=rows,
        row_count=len(due),
        totals=[
            ("Products", sum(row.products for row in due)),
            ("Due", sum(row.due for row in due)),
        ],
        filters=[],
        as_of=now,
        url=COUNTS_PATH,
    )


def _name(user: User | None) -> str | None:
    return str(user) if user else None
