"""Orders held to their suppliers' minimum by one plan: sent, or told how long to wait."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.reorder.supplier_minimum import OrderLines, days_worth_waiting, topped_up

# Marks an order or line that does not wait.
NO_WAIT = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class Held:
    """units: added to each line, (lines,). The others (orders,): value: money with them.

    met: whether it may be sent. wait_days: from today until its wait ends, 0 or less where it
    has ended, also of an order that therefore goes; NO_WAIT of one that had not to wait.
    """

    units: FloatArray
    value: FloatArray
    met: BoolArray
    wait_days: IntArray


def held_to_minimum(
    lines: OrderLines, minimum: FloatArray, told_days: IntArray, *, holding_rate: float
) -> Held:
    """Top orders up within 120 days of cover; those still too small wait, and go at last.

    minimum: (orders,) money. told_days: (lines,) days from today until the wait ends that a line
    was told of, NO_WAIT of one that did not wait. The day is worked out when an order begins to
    wait, and anew when another product joins; the earliest one told holds. From that day on the
    order is topped up past 120 days. What caps keep below the minimum even so goes on waiting.
    """
    orders = topped_up(lines, minimum)
    told = np.full(len(minimum), NO_WAIT, dtype=np.int64)
    np.minimum.at(told, lines.order, told_days)
    joined = lines.summed((told_days == NO_WAIT).astype(np.float64), len(minimum)) > 0
    wait = np.where(orders.met, NO_WAIT, told)
    anew = ~orders.met & joined
    if anew.any():
        days = days_worth_waiting(
            lines.of(anew), (minimum - orders.value)[anew], holding_rate=holding_rate
        )
        wait[anew] = np.minimum(wait[anew], days)
    overdue = wait <= 0
    if not overdue.any():
        return Held(orders.units, orders.value, orders.met, wait)
    late = topped_up(lines.of(overdue), minimum[overdue], longest_cover_days=np.inf)
    # What even that does not bring up to the minimum stays as it was.
    goes = overdue.copy()
    goes[overdue] = late.met
    units, value = orders.units.copy(), orders.value.copy()
    units[goes[lines.order]] = late.units[late.met[lines.of(overdue).order]]
    value[goes] = late.value[late.met]
    return Held(units, value, orders.met | goes, wait)
