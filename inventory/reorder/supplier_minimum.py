"""An order to one supplier brought up to its minimum value, or told to wait, and until when."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray
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


def days_worth_waiting(
    lines: Sequence[GroupLine], *, missing_value: float, holding_rate: float
) -> int:
    """Return the first day, from today, on which waiting costs more than topping up.

    Waiting t days costs Σ margin · (E[(D_{L+t} − stock)⁺] − E[(D_L − stock)⁺]). Topping up
    buys goods for the missing value V that lie until 120 days of cover are used and then go at
    v = Σ daily_mean · unit_cost: holding rate · V · (120 + V/(2·v)) / 365. A year when waiting
    never costs as much. This rule is the project's own.
    """
    margin = np.array([line.margin for line in lines])
    daily_value = sum(line.daily_mean * line.unit_cost for line in lines)
    if daily_value <= 0:
        return LONGEST_DAYS
    held_days = LONGEST_COVER_DAYS + missing_value / (2 * daily_value)
    top_up_cost = holding_rate * missing_value * held_days / DAYS_PER_YEAR
    today = _short(lines, 0) @ margin
    for day in range(1, LONGEST_DAYS):
        if _short(lines, day) @ margin - today > top_up_cost:
            return day
    return LONGEST_DAYS


def _short(lines: Sequence[GroupLine], wait_days: int) -> FloatArray:
    """Return units short before receipt when the order goes in so many days, per line."""
    mean = np.array([line.daily_mean for line in lines])
    sd = np.array([line.daily_sd for line in lines])
    days = np.array([line.lead_time_days for line in lines]) + wait_days
    stock = np.array([float(line.stock) for line in lines])
    return demand_over(mean, sd, days).expected_above(stock)


def _cover(line: GroupLine, added: int) -> float:
    """Return days of cover with the order and what is added; infinite without demand."""
    if line.daily_mean <= 0:
        return float("inf")
    return (line.position + line.quantity + added) / line.daily_mean


def _passes_cap(line: GroupLine, added: int) -> bool:
    return line.cap is not None and line.position + line.quantity + added > line.cap
