"""What is written out: columns, rows, and the facts that let a reader check the file."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, tzinfo
from decimal import Decimal
from enum import StrEnum
from typing import TypeVar

from techmart.lib import formats
from techmart.lib.keyset import KeysetPage

Cell = str | int | float | Decimal | date | datetime | None
Row = TypeVar("Row")


class Kind(StrEnum):
    """What a column holds: decides alignment, number format and type of its cells."""

    TEXT = "text"
    COUNT = "count"
    NUMBER = "number"
    MONEY = "money"
    SHARE = "share"
    MOMENT = "moment"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class Column:
    """One column. width: in characters, for sheets and pages.

    of: the column of the page that it stands for, "" where the page has none.
    """

    label: str
    kind: Kind = Kind.TEXT
    width: int = 14
    of: str = ""

    @property
    def is_number(self) -> bool:
        """Stands to the right."""
        return self.kind in {Kind.COUNT, Kind.NUMBER, Kind.MONEY, Kind.SHARE}


@dataclass(frozen=True, slots=True)
class Table:
    """A whole list as it is written out.

    rows: makes the rows anew each time it is called, each as long as `columns`; times are aware.
    row_count: how many there will be. totals: names and values of what the rows come to.
    filters: what narrows the list, in words; empty when nothing does. as_of: the moment up to
    which every committed change is in it. zone: of the times in the file. url: the page it shows.
    """

    title: str
    columns: Sequence[Column]
    rows: Callable[[], Iterator[Sequence[Cell]]]
    row_count: int
    totals: Sequence[tuple[str, Cell]]
    filters: Sequence[str]
    as_of: datetime
    zone: tzinfo
    currency: str
    url: str

    def in_columns(self, chosen: Sequence[str]) -> "Table":
        """Return the table with what stands for the page's chosen columns; all of it for none.

        chosen: their names in the order of the page, which the file takes over.
        """
        if not chosen:
            return self
        kept = sorted(
            (place for place, column in enumerate(self.columns) if column.of in chosen),
            key=lambda place: chosen.index(self.columns[place].of),
        )
        rows = self.rows

        def narrowed() -> Iterator[Sequence[Cell]]:
            return ([row[place] for place in kept] for row in rows())

        return replace(self, columns=[self.columns[place] for place in kept], rows=narrowed)

    @property
    def about(self) -> list[tuple[str, str]]:
        """What stands in every file beside the rows: names and finished values."""
        return [
            ("Export of", self.title),
            ("Filter", "; ".join(self.filters) or "none: everything"),
            ("As of", formats.moment(self.as_of, self.zone)),
            ("Time zone", str(self.zone)),
            ("Currency", self.currency),
            ("Page", self.url),
            ("Rows", str(self.row_count)),
            *((name, plain(value)) for name, value in self.totals),
        ]


class IncompleteExport(RuntimeError):
    """The rows that came are not as many as were counted: the file is not to be used."""

    def __init__(self, *, counted: int, written: int) -> None:
        super().__init__(f"{counted} rows were counted and {written} came")


def plain(value: Cell) -> str:
    """Write a value for machines: no thousands, full precision, empty for nothing."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value)


def rounded(value: float | None, places: int) -> float | None:
    """Return a figure with so many decimal places; nothing stays nothing."""
    return None if value is None else round(value, places)


def pages_of(fetch: Callable[[str], KeysetPage[Row]]) -> Iterator[Sequence[Row]]:
    """Return the pages of a list one after the other. fetch: reads the page at a cursor."""
    cursor = ""
    while True:
        page = fetch(cursor)
        if page.rows:
            yield page.rows
        cursor = page.next_cursor
        if not cursor:
            return


def checked(table: Table) -> Iterator[Sequence[Cell]]:
    """Return the rows; raises IncompleteExport when they end and are not as many as counted."""
    written = 0
    for row in table.rows():
        written += 1
        yield row
    if written != table.row_count:
        raise IncompleteExport(counted=table.row_count, written=written)
