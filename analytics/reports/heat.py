"""Heat maps as real tables: a value a cell, a step of one colour for its size."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

STEPS = 8


@dataclass(frozen=True, slots=True)
class HeatCell:
    """value: None where there is none. step: 0 to 7, the colour. text: what a reader hears."""

    value: float | None
    step: int
    text: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    """One row with its name. sub: beside it, such as a count."""

    name: str
    cells: Sequence[HeatCell]
    sub: str = ""


@dataclass(frozen=True, slots=True)
class Heat:
    """A table of cells. shown: whether cells print their text, or only say it.

    heads: column names; `marked` ones are printed, the rest only said. low, high: ends of the
    scale in words. finding: the sentence under it.
    """

    caption: str
    heads: Sequence[str]
    marked: Sequence[bool]
    rows: Sequence[HeatRow]
    low: str
    high: str
    finding: str = ""
    shown: bool = False

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """Column names, and whether each is printed."""
        return list(zip(self.heads, self.marked, strict=True))

    @property
    def scale(self) -> range:
        """Steps of the colour, for the legend."""
        return range(STEPS)


def heat_rows(
    values: Mapping[str, Sequence[float | None]],
    *,
    text: Callable[[str, int, float | None], str],
    highest: float | None = None,
    subs: Mapping[str, str] | None = None,
) -> list[HeatRow]:
    """Return a row for each name. highest: value of the darkest step; the largest there is when
    not given. text: what a cell says, by row name, column and value.
    """
    top = highest or max((v for row in values.values() for v in row if v is not None), default=0.0)
    return [
        HeatRow(
            name,
            [
                HeatCell(value, _step(value, top), text(name, at, value))
                for at, value in enumerate(row)
            ],
            (subs or {}).get(name, ""),
        )
        for name, row in values.items()
    ]


def _step(value: float | None, top: float) -> int:
    if not value or value < 0 or top <= 0:
        return 0
    return min(STEPS - 1, 1 + int((STEPS - 1) * value / top))
