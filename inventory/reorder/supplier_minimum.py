"""An order to one supplier brought up to its minimum value, or told to wait, and until when."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.arrays import FloatArray, IntArray
from inventory.reorder.dates import LONGEST_DAYS, demand_over
from inventory.reorder.service import DAYS_PER_YEAR

# Topping up never buys more cover than this. Domain 3.5.
LONGEST_COVER_DAYS = 120


@dataclass(frozen=True, slots=True)
class GroupLine:
    """One product of an order to one supplier; units, and money of one unit.

    quantity: 1 or more. position: before this order. cap: None without one.
    """

    quantity: int
    pack: int
    position: int
    cap: int | None
    unit_cost: float
    margin: float
    stock: int
    daily_mean: float
    daily_sd: float
    lead_time_days: float


@dataclass(frozen=True, slots=True)
class GroupOrder:
    """Units added to each line, the order's value with them, and whether it may be sent."""

    top_up_units: tuple[int, ...]
    value: float
    met: bool


def meet_minimum(lines: Sequence[GroupLine], *, minimum_value: float) -> GroupOrder:
    """Top up the line with the lowest days of cover, one pack at a time, until the order may go.

    Never past a cap, nor past 120 days of cover; below the minimum still when nothing is left
    to add.
    """
    added = [0] * len(lines)
    value = sum(line.quantity * line.unit_cost for line in lines)
    waiting = [(_cover(line, 0), index) for index, line in enumerate(lines)]
    heapq.heapify(waiting)
    while value < minimum_value and waiting:
        _, index = heapq.heappop(waiting)
        line, units = lines[index], added[index] + lines[index].pack
        if _cover(line, units) > LONGEST_COVER_DAYS or _passes_cap(line, units):
            continue
        added[index] = units
        value += line.pack * line.unit_cost
        heapq.heappush(waiting, (_cover(line, units), index))
    return GroupOrder(tuple(added), value, met=value >= minimum_value)


@dataclass(frozen=True, slots=True)
class WaitingGroup:
    """An order that may not go yet. missing_value: money below the minimum."""

    lines: tuple[GroupLine, ...]
    missing_value: float


def days_worth_waiting(groups: Sequence[WaitingGroup], *, holding_rate: float) -> list[int]:
    """Return for each group the first day, from today, on which waiting costs more than topping up.

    Waiting t days costs Σ margin · (E[(D_{L+t} − stock)⁺] − E[(D_L − stock)⁺]). Topping up
    buys goods for the missing value V that lie until 120 days of cover are used and then go at
    v = Σ daily_mean · unit_cost: holding rate · V · (120 + V/(2·v)) / 365. A year when waiting
    never costs as much. This rule is the project's own.
    """
    if not groups:
        return []
    top_up_cost = np.array([_top_up_cost(group, holding_rate) for group in groups])
    lines = _Lines.of(groups)
    today = lines.lost_margin(np.zeros(len(groups)))
    # What waiting costs grows with each day, so halving finds the first that is too many.
    low, high = np.ones(len(groups)), np.full(len(groups), float(LONGEST_DAYS))
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        too_long = lines.lost_margin(middle) - today > top_up_cost
        high = np.where(too_long, middle, high)
        low = np.where(too_long, low, np.minimum(middle + 1, high))
    return [int(day) for day in high]


def _top_up_cost(group: WaitingGroup, holding_rate: float) -> float:
    """Return the money that topping up would cost; infinite where nothing sells."""
    daily_value = sum(line.daily_mean * line.unit_cost for line in group.lines)
    if daily_value <= 0:
        return float("inf")
    held_days = LONGEST_COVER_DAYS + group.missing_value / (2 * daily_value)
    return holding_rate * group.missing_value * held_days / DAYS_PER_YEAR


@dataclass(frozen=True, slots=True)
class _Lines:
    """Lines of all groups in one row of arrays; group: the index of each line's group."""

    group: IntArray
    daily_mean: FloatArray
    daily_sd: FloatArray
    lead_time_days: FloatArray
    stock: FloatArray
    margin: FloatArray

    @classmethod
    def of(cls, groups: Sequence[WaitingGroup]) -> Self:
        rows = [
            (
                index,
                line.daily_mean,
                line.daily_sd,
                line.lead_time_days,
                line.stock,
                line.margin,
            )
            for index, group in enumerate(groups)
            for line in group.lines
        ]
        group, *figures = np.array(rows, dtype=np.float64).T
        return cls(group.astype(np.int64), *figures)

    def lost_margin(self, wait_days: FloatArray) -> FloatArray:
        """Return money lost before receipt in each group when its order goes in so many days."""
        days = self.lead_time_days + wait_days[self.group]
        short = demand_over(self.daily_mean, self.daily_sd, days).expected_above(self.stock)
        money = np.bincount(self.group, weights=short * self.margin, minlength=len(wait_days))
        return money.astype(np.float64)


def _cover(line: GroupLine, added: int) -> float:
    """Return days of cover with the order and what is added; infinite without demand."""
    if line.daily_mean <= 0:
        return float("inf")
    return (line.position + line.quantity + added) / line.daily_mean


def _passes_cap(line: GroupLine, added: int) -> bool:
    return line.cap is not None and line.position + line.quantity + added > line.cap
