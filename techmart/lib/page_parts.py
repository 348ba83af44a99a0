"""What views hand to the shared components of the pages: finished values with their meaning.

Templates format these and compute nothing. Times are aware UTC, money is Decimal in the shop's
currency, rates and shares are 0 to 1.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from techmart.lib import formats
from techmart.lib.keyset import KeysetPage

Kind = Literal["money", "money_exact", "count", "rate", "days", "decimal"]
Tone = Literal["", "good", "warn", "bad", "info"]
HigherIs = Literal["good", "bad", "neutral"]
Direction = Literal["", "ascending", "descending"]
# Table columns that leave the page at 760, 1100 and 1240 px.
Hide = Literal["", "opt-s", "opt-m", "opt-l"]

# Counting past this would read the whole table for a number nobody needs exactly.
COUNT_CAP = 10_000


@dataclass(frozen=True, slots=True)
class AsOf:
    """The moment up to which every committed change is in a number, and how old it may get."""

    at: datetime | None
    limit_seconds: int = 120


@dataclass(frozen=True, slots=True)
class Window:
    """A half-open stretch of time [start, end): both dates, or both aware datetimes."""

    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Link:
    """One tab, period or horizon; `count` stands in a badge beside the label."""

    label: str
    url: str
    current: bool = False
    count: int | None = None
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter in force and the address without it; `ignored` when its value was unusable."""

    label: str
    remove_url: str
    ignored: bool = False


def spelt_label(words: str, *, spelt: bool) -> str:
    """Return how a list says what it is searched for. spelt: it shows what is spelt like that."""
    return f"Spelt like “{words}”" if spelt else f"“{words}”"


@dataclass(frozen=True, slots=True)
class Option:
    """One entry of a select."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Select:
    """A filter of the address: `name` is the query parameter."""

    name: str
    label: str
    options: Sequence[Option]
    selected: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A table head; sortable when it has a `sort_url`, sorted when it has a `direction`.

    name: what an address calls it where columns can be chosen, "" where it is always shown.
    """

    label: str
    key: str = ""
    sort_url: str = ""
    direction: Direction = ""
    align: Literal["", "r", "c"] = ""
    hide: Hide = ""
    label_hidden: bool = False
    name: str = ""


@dataclass(frozen=True, slots=True)
class Pager:
    """Keyset paging: an address for each side that has rows."""

    summary: str
    previous_url: str | None = None
    next_url: str | None = None
    previous_label: str = "Newer"
    next_label: str = "Older"


def row_summary(shown: int, total: int | None, *, cap: int = COUNT_CAP) -> str:
    """Say how many rows of how many are shown; past `cap` the total is not counted.

    total: rows that match, None when it was not counted.
    """
    rows = f"{formats.count(shown)} {'row' if shown == 1 else 'rows'}"
    if total is None:
        return rows
    if total > cap:
        return f"{rows} of more than {formats.count(cap)}"
    return f"{rows} of {formats.count(total)}"


def keyset_pager(
    page: KeysetPage[Any],
    url: Callable[[str], str],
    *,
    total: int | None = None,
    labels: tuple[str, str] = ("Newer", "Older"),
) -> Pager:
    """Return the ways on from a page of rows.

    url: gives the address at a cursor. total: rows that match, counted in full; None when they
    were not counted. labels: of the way back, and on.
    """

    def at(cursor: str) -> str | None:
        return url(cursor) if cursor else None

    return Pager(
        row_summary(len(page.rows), total, cap=total or 0),
        at(page.previous_cursor),
        at(page.next_cursor),
        *labels,
    )


@dataclass(frozen=True, slots=True)
class Change:
    """How a value differs from an earlier one.

    amount: relative change, or the difference itself when `in_points` (rates).
    None when there is no earlier value, or when it was 0 and a ratio means nothing.
    """

    amount: float | None
    in_points: bool
    judgement: Literal["up", "down", ""]

    @property
    def text(self) -> str:
        """The size of the change without its sign, which the arrow shows."""
        if self.amount is None:
            return formats.UNKNOWN
        size = abs(self.amount)
        return f"{formats.decimal(size * 100)} pt" if self.in_points else formats.rate(size)

    @property
    def word(self) -> Literal["up", "down", "no change", "unknown"]:
        """What a screen reader says before the size."""
        if self.amount is None:
            return "unknown"
        return "up" if self.amount > 0 else "down" if self.amount < 0 else "no change"

    @property
    def icon(self) -> Literal["arrow-up", "arrow-down", "minus"]:
        """The mark before the size."""
        if not self.amount:
            return "minus"
        return "arrow-up" if self.amount > 0 else "arrow-down"


def change_between(
    value: Decimal | float | None,
    previous: Decimal | float | None,
    *,
    in_points: bool = False,
    higher_is: HigherIs = "good",
) -> Change:
    """Compare a value with an earlier one; green and red say good and bad, not up and down.

    A change that would print as 0.0 is no change and has no colour.
    """
    if value is None or previous is None or (not in_points and previous == 0):
        # From nothing to nothing is no change; from nothing to something has no ratio.
        same = value is not None and value == previous
        return Change(0.0 if same else None, in_points, "")
    difference = float(value) - float(previous)
    amount = difference if in_points else difference / abs(float(previous))
    # Half of the last printed digit: 0.05 % or 0.05 points.
    if abs(amount) < 0.0005:
        return Change(0.0, in_points, "")
    if higher_is == "neutral":
        return Change(amount, in_points, "")
    return Change(amount, in_points, "up" if (amount > 0) == (higher_is == "good") else "down")


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure with everything a reader needs to trust it.

    key: names the tile in ids. definition: what the number counts, in plain sentences.
    href: the rows behind it, with the same filters. series: the figure over the period, oldest
    first, empty when it is no series. detail: further words after the comparison.
    reference_word: "from" an earlier value, or "target".
    """

    key: str
    label: str
    value: Decimal | float | None
    kind: Kind
    href: str
    definition: str
    as_of: AsOf
    previous: Decimal | float | None = None
    window: Window | None = None
    previous_window: Window | None = None
    higher_is: HigherIs = "good"
    series: Sequence[Decimal | float] = ()
    detail: str = ""
    reference_word: str = "from"

    @property
    def change(self) -> Change:
        """The comparison shown under the number."""
        return change_between(
            self.value,
            self.previous,
            in_points=self.kind == "rate",
            higher_is=self.higher_is,
        )
