"""Pareto: what sells most comes first, and classes by cumulative share."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, TypeVar

K = TypeVar("K")

# An entry that crosses a line counts in the upper class.
CLASS_LINES = (("A", Decimal("0.80")), ("B", Decimal("0.95")), ("C", Decimal(1)))


@dataclass(frozen=True, slots=True)
class Ranked(Generic[K]):
    """An entry in order of value. share, cumulative: of the whole, 0 to 1."""

    key: K
    rank: int
    value: Decimal
    share: float
    cumulative: float
    letter: str


def ranked(values: Sequence[tuple[K, Decimal]]) -> list[Ranked[K]]:
    """Return the entries with a value above 0, largest first, with their classes.

    Shares are of the sum of these. Equal values keep the given order.
    """
    positive = sorted(
        ((key, value) for key, value in values if value > 0), key=lambda item: -item[1]
    )
    whole = sum((value for _, value in positive), Decimal(0))
    found: list[Ranked[K]] = []
    before = Decimal(0)
    for rank, (key, value) in enumerate(positive, 1):
        letter = next(name for name, line in CLASS_LINES if before < line * whole or name == "C")
        before += value
        found.append(Ranked(key, rank, value, float(value / whole), float(before / whole), letter))
    return found


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbours in the ranking drawn as one bar. value: their mean."""

    first: int
    last: int
    value: float
    cumulative: float
    letter: str

    @property
    def name(self) -> str:
        """Their ranks."""
        return f"{self.first:,}" if self.first == self.last else f"{self.first:,} to {self.last:,}"


def grouped(entries: Sequence[Ranked[K]], *, most: int) -> list[Group]:
    """Return the ranking as at most `most` bars of equally many entries, the last may be short."""
    size = max(1, -(-len(entries) // most))
    groups = []
    for start in range(0, len(entries), size):
        part = entries[start : start + size]
        total = sum((entry.value for entry in part), Decimal(0))
        groups.append(
            Group(
                part[0].rank,
                part[-1].rank,
                float(total / len(part)),
                part[-1].cumulative,
                part[0].letter,
            )
        )
    return groups
