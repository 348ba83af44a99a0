"""Count sheets and their lines as the pages and their files show them."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from inventory.choices import CountLineState
from inventory.models import CountLine, CountSheet
from inventory.paths import count_sheet_path
from techmart.lib.keyset import Keyset
from techmart.lib.page_parts import Column

NEWEST = Keyset("-pk")
SHEET_COLUMNS = (
    Column("Sheet", name="sheet"),
    Column("Class", align="c", name="class"),
    Column("Made", name="made"),
    Column("By", hide="opt-m", name="by"),
    Column("Counted", align="r", name="counted"),
    Column("Wait for approval", align="r", name="waiting"),
    Column("State", name="state"),
)
# What is booked is told once it is counted, so that nobody counts towards it.
_TOLD = (CountLineState.POSTED, CountLineState.WAITING)


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A sheet. total, posted, waiting: its products, those counted, those to be approved."""

    sheet: CountSheet
    url: str
    total: int
    posted: int
    waiting: int


@dataclass(frozen=True, slots=True)
class LineFigures:
    """Units of one product of a sheet, as far as they may be told; None: not told."""

    counted: int | None
    booked: int | None
    difference: int | None


def sheet_rows(sheets: Sequence[CountSheet]) -> list[SheetRow]:
    """Return the sheets with how far each is; one query."""
    lines = {
        row["sheet_id"]: row
        for row in CountLine.objects.filter(sheet__in=sheets)
        .order_by()
        .values("sheet_id")
        .annotate(
            total=Count("pk"),
            posted=Count("pk", filter=Q(state=CountLineState.POSTED)),
            waiting=Count("pk", filter=Q(state=CountLineState.WAITING)),
        )
    }
    none = {"total": 0, "posted": 0, "waiting": 0}
    return [
        SheetRow(
            sheet,
            count_sheet_path(sheet.pk),
            **{name: lines.get(sheet.pk, none)[name] for name in none},
        )
        for sheet in sheets
    ]


def lines_of(sheet: CountSheet) -> QuerySet[CountLine]:
    """Return a sheet's lines in the order in which they stand on it, by the product's name."""
    lines = sheet.lines.select_related("product", "counted_by", "decided_by")
    return lines.order_by("product__name", "pk")


def figures_of(line: CountLine) -> LineFigures:
    """Return what may be told of a line."""
    is_told = line.state in _TOLD
    return LineFigures(
        counted=None if line.state == CountLineState.REFUSED else line.counted_units,
        booked=line.booked_units if is_told else None,
        difference=line.difference if is_told else None,
    )
