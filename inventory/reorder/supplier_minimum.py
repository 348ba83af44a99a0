"""Orders to suppliers brought up to their minimum value, or told to wait, and until when.

All orders at once, one row a line, so that a replay can ask each evening.
"""

from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.reorder.dates import LONGEST_DAYS, demand_over
from inventory.reorder.distributions import ROUNDING
from inventory.reorder.service import DAYS_PER_YEAR

# Topping up never buys more cover than this. Domain 3.5.
LONGEST_COVER_DAYS = 120
# Packs that are put in order one by one; more are narrowed down first.
MOST_PACKS = 200_000
_HALVINGS = 200
# Money that sums of prices may miss by rounding.
_MONEY_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class OrderLines:
    """Lines of orders, (lines,) each; units, and money of one unit.

    order: the number of each line's order, 0 and up, never falling. quantity: 1 or more.
    position: before this order. cap: infinite without one.
    """

    order: IntArray
    quantity: FloatArray
    pack: FloatArray
    position: FloatArray
    cap: FloatArray
    unit_cost: FloatArray
    margin: FloatArray
    stock: FloatArray
    daily_mean: FloatArray
    daily_sd: FloatArray
    lead_time_days: FloatArray

    def of(self, orders: BoolArray) -> Self:
        """Return the lines of some orders, (orders,), numbered anew."""
        rows = orders[self.order]
        kept = (getattr(self, each.name)[rows] for each in fields(self))
        _, *columns = kept
        return type(self)((np.cumsum(orders) - 1)[self.order[rows]], *columns)

    def summed(self, values: FloatArray, orders: int) -> FloatArray:
        """Return the sums of a figure of the lines, (orders,)."""
        return np.bincount(self.order, weights=values, minlength=orders).astype(np.float64)


@dataclass(frozen=True, slots=True)
class ToppedUp:
    """units: added to each line, (lines,). value: money of each order with them, (orders,).

    met: (orders,) whether it may be sent.
    """

    units: FloatArray
    value: FloatArray
    met: BoolArray


def topped_up(
    lines: OrderLines, minimum: FloatArray, *, longest_cover_days: float = LONGEST_COVER_DAYS
) -> ToppedUp:
    """Top up the line with the lowest days of cover, one pack at a time, until each order may go.

    minimum: (orders,) money. Never past a cap, nor past so many days of cover; below the minimum
    still when nothing is left to add. What costs nothing brings an order no nearer.
    """
    ordered = lines.summed(lines.quantity * lines.unit_cost, len(minimum))
    missing = minimum - ordered
    least, most = _doubtful(lines, missing, _most_packs(lines, missing, longest_cover_days))
    worth = lines.pack * lines.unit_cost
    missing = missing - lines.summed(least * worth, len(minimum))
    # Every pack that could be added, in the order in which they would be.
    line = np.repeat(np.arange(len(most)), most - least)
    skipped = np.cumsum(most - least) - most
    number = np.arange(len(line)) - skipped[line]
    cover = _cover(lines, number * lines.pack[line], line)
    turn = np.lexsort((line, cover, lines.order[line]))
    line = line[turn]
    order = lines.order[line]
    before = np.cumsum(worth[line]) - worth[line]
    first = np.searchsorted(order, np.arange(len(minimum)))
    start = before[np.minimum(first, len(before) - 1)] if len(before) else np.zeros(len(minimum))
    wanted = before - start[order] < missing[order] - _MONEY_ROUNDING
    units = (least + np.bincount(line[wanted], minlength=len(most))) * lines.pack
    value = ordered + lines.summed(units * lines.unit_cost, len(minimum))
    return ToppedUp(units, value, met=value >= minimum - _MONEY_ROUNDING)


def _most_packs(lines: OrderLines, missing: FloatArray, longest_cover_days: float) -> IntArray:
    """Return how many packs may be added to each line before one of its bounds."""
    ordered_up_to = lines.position + lines.quantity
    pack_value = lines.pack * lines.unit_cost
    needed = np.zeros(len(pack_value))
    np.divide(np.maximum(0.0, missing[lines.order]), pack_value, out=needed, where=pack_value > 0)
    rooms = [np.ceil(needed - ROUNDING), np.floor((lines.cap - ordered_up_to) / lines.pack)]
    if np.isfinite(longest_cover_days):
        longest = longest_cover_days * lines.daily_mean
        rooms.append(np.floor((longest - ordered_up_to) / lines.pack + ROUNDING))
    most: FloatArray = np.minimum.reduce(rooms)
    return np.maximum(0.0, most).astype(np.int64)


def _doubtful(lines: OrderLines, missing: FloatArray, most: IntArray) -> tuple[IntArray, IntArray]:
    """Return how many packs of each line are added in any case, and how many may be at most.

    So that no more than MOST_PACKS are looked at one by one where cheap packs would be millions.
    All packs below some cover are added while they are worth less than what is missing; which
    cover that is, is found by halving. What does not sell follows, line by line.
    """
    least = np.zeros_like(most)
    if most.sum() <= MOST_PACKS:
        return least, most
    orders = len(missing)
    wanted = missing - _MONEY_ROUNDING
    worth = lines.pack * lines.unit_cost
    rows = np.arange(len(most))
    sells = lines.daily_mean > 0
    sold = np.where(sells, most, 0)
    low, high = np.zeros(orders), np.zeros(orders)
    np.maximum.at(high, lines.order[sells], _cover(lines, most * lines.pack, rows)[sells])
    rest = wanted - lines.summed(sold * worth, orders)
    unsold_least, unsold_most = _unsold_packs(lines, rest, np.where(sells, 0, most))
    top, level = sold, least
    # Sooner or later the halves differ by less than a double can tell.
    for _ in range(_HALVINGS):
        if (top - level).sum() <= MOST_PACKS:
            break
        middle = (low + high) / 2
        below = _packs_below(lines, middle, sold)
        short = lines.summed(below * worth, orders) < wanted
        low, high = np.where(short, middle, low), np.where(short, high, middle)
        level = np.where(short[lines.order], below, level)
        top = np.where(short[lines.order], top, below)
    return level + unsold_least, top + unsold_most


def _packs_below(lines: OrderLines, cover: FloatArray, most: IntArray) -> IntArray:
    """Return of how many packs of each line the cover before them is below that of its order."""
    rows = np.arange(len(most))
    limit = cover[lines.order]
    level = lines.position + lines.quantity
    number = np.ceil((limit * lines.daily_mean - level) / lines.pack)
    number = np.clip(number, 0, most)
    # A quotient may be off by a pack; the cover as it is compared later decides.
    number = np.where(_cover(lines, (number - 1) * lines.pack, rows) >= limit, number - 1, number)
    number = np.where(_cover(lines, number * lines.pack, rows) < limit, number + 1, number)
    below: IntArray = np.clip(number, 0, most).astype(np.int64)
    return below


def _unsold_packs(lines: OrderLines, rest: FloatArray, most: IntArray) -> tuple[IntArray, IntArray]:
    """Return as _doubtful does for what does not sell. rest: money that the others leave."""
    worth = lines.pack * lines.unit_cost
    total = most * worth
    before = np.cumsum(total) - total
    first = np.searchsorted(lines.order, np.arange(len(rest)))
    left = rest[lines.order] - (before - before[np.minimum(first, len(before) - 1)][lines.order])
    number = np.zeros(len(most))
    np.divide(np.maximum(0.0, left), worth, out=number, where=worth > 0)
    least = np.clip(np.ceil(number) - 1, 0, most).astype(np.int64)
    return least, np.where(left > 0, np.minimum(least + 2, most), least)


def _cover(lines: OrderLines, added: FloatArray, rows: IntArray) -> FloatArray:
    """Return days of cover of some lines with the order and what is added; infinite unsold."""
    cover = np.full(len(rows), np.inf)
    units = (lines.position + lines.quantity)[rows] + added
    mean = lines.daily_mean[rows]
    np.divide(units, mean, out=cover, where=mean > 0)
    return cover


def days_worth_waiting(
    lines: OrderLines, missing_value: FloatArray, *, holding_rate: float
) -> IntArray:
    """Return the first day of each order, from today, on which waiting costs more than topping up.

    missing_value: (orders,) money below the minimum. Waiting t days costs
    Σ margin · (E[(D_{L+t} − stock)⁺] − E[(D_L − stock)⁺]). Topping up buys goods for the missing
    value V that lie until 120 days of cover are used and then go at v = Σ daily_mean ·
    unit_cost: holding rate · V · (120 + V/(2·v)) / 365. A year when waiting never costs as much.
    This rule is the project's own.
    """
    orders = len(missing_value)
    top_up_cost = _top_up_cost(lines, missing_value, holding_rate)
    today = _lost_margin(lines, np.zeros(orders))
    # What waiting costs grows with each day, so halving finds the first that is too many.
    low, high = np.ones(orders), np.full(orders, float(LONGEST_DAYS))
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        too_long = _lost_margin(lines, middle) - today > top_up_cost
        high = np.where(too_long, middle, high)
        low = np.where(too_long, low, np.minimum(middle + 1, high))
    return high.astype(np.int64)


def _top_up_cost(lines: OrderLines, missing: FloatArray, holding_rate: float) -> FloatArray:
    """Return the money that topping up would cost, (orders,); infinite where nothing sells."""
    daily_value = lines.summed(lines.daily_mean * lines.unit_cost, len(missing))
    turnover_days = np.full(len(missing), np.inf)
    np.divide(missing, 2 * daily_value, out=turnover_days, where=daily_value > 0)
    cost: FloatArray = holding_rate * missing * (LONGEST_COVER_DAYS + turnover_days) / DAYS_PER_YEAR
    return cost


def _lost_margin(lines: OrderLines, wait_days: FloatArray) -> FloatArray:
    """Return money lost before receipt in each order when it goes in so many days."""
    days = lines.lead_time_days + wait_days[lines.order]
    short = demand_over(lines.daily_mean, lines.daily_sd, days).expected_above(lines.stock)
    return lines.summed(short * lines.margin, len(wait_days))
