"""What a customer's last 50 lines say of his habits: hours, categories, limits, refunds, tries.

Lines of the sale's own order do not count against it. Everything is bounded, so that it costs the
same however much he ever bought.
"""

from dataclasses import dataclass, fields
from zoneinfo import ZoneInfo

import numpy as np

from transactions.fraud.calendar import shop_hours
from transactions.fraud.frame import DAY_US, HOUR_US, NEVER_US, UNKNOWN, Flags, Ints
from transactions.fraud.signals import JUST_UNDER
from transactions.fraud.timelines import (
    HISTORY_LINES,
    MergedLines,
    previous_of_order,
    run_starts,
)

# F13, F14 and F18: how far back they look.
LIMIT_DAYS = 7
REFUND_DAYS = 180
TRIES_US = HOUR_US
# Windows sorted at once: some 16 MB.
_BLOCK = 40_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Amounts that are known to be looked at, and when they stood: begin ≤ t < end, microseconds.

    cents: hundredths of the currency.
    """

    cents: Ints
    begin_us: Ints
    end_us: Ints

    @classmethod
    def none(cls) -> "Limits":
        """Return no limits."""
        nothing = np.zeros(0, np.int64)
        return cls(nothing, nothing, nothing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """One entry a line, as of its timestamp; nothing for the anonymous.

    orders: earlier orders among the last 50 lines; same_hour: those of them at this hour of the
    shop's day. taste_orders, same_category: likewise with something of the category, both 0 where
    that is unknown. limit_lines: lines just under one limit within 7 days, this one included;
    limit_cents: the limit. refund_orders: orders of 180 days among those lines; refunded_orders:
    those with money known to be given back by then, both 0 where none was. tries: his to pay, a
    basket being one, that were declined in the hour before.
    """

    orders: Ints
    same_hour: Ints
    taste_orders: Ints
    same_category: Ints
    limit_lines: Ints
    limit_cents: Ints
    refund_orders: Ints
    refunded_orders: Ints
    tries: Ints

    def into(self, whole: "Habits", place: Ints) -> None:
        """Write these lines' entries into those of a whole frame."""
        for column in fields(self):
            getattr(whole, column.name)[place] = getattr(self, column.name)

    def part(self, own: slice) -> "Habits":
        """Return some of the lines."""
        return Habits(**{column.name: getattr(self, column.name)[own] for column in fields(self)})


def no_habits(n: int) -> Habits:
    """Return the habits of lines of which nothing is known."""
    return Habits(**{column.name: np.zeros(n, np.int64) for column in fields(Habits)})


def habits(
    merged: MergedLines, starts: Ints, ends: Ints, previous: Ints, *, limits: Limits, zone: ZoneInfo
) -> Habits:
    """Return the habits behind each target. starts, ends, previous: as in `windows`."""
    target = merged.target
    found = no_habits(len(target))
    hour = shop_hours(merged.time, zone)
    told = bool((merged.category != UNKNOWN).any())
    alike = previous_of_order(merged, merged.category) if told else previous
    reach = np.arange(HISTORY_LINES)
    refunds = bool((merged.refunded != NEVER_US).any())
    for first in range(0, len(target), _BLOCK):
        block = slice(first, first + _BLOCK)
        own = target[block]
        end = ends[own]
        begin = np.maximum(starts[own], end - HISTORY_LINES)
        position = begin[:, None] + reach
        inside = position < end[:, None]
        position = np.where(inside, position, 0)
        inside &= merged.order[position] != merged.order[own][:, None]
        opens = inside & (previous[position] < begin[:, None])
        found.orders[block] = opens.sum(axis=1)
        found.same_hour[block] = (opens & (hour[position] == hour[own][:, None])).sum(axis=1)
        window = _Window(merged, own, begin, position, inside)
        if told:
            _tastes(found, block, window, alike)
        if refunds:
            _refunds(found, block, window)
        for limit in range(len(limits.cents)):
            _limit(found, block, window, limits, limit)
    found.tries[:] = _tries(merged)
    return found


@dataclass(frozen=True, slots=True)
class _Window:
    """The last 50 lines of some targets; inside: those that are there and of other orders."""

    merged: MergedLines
    own: Ints
    begin: Ints
    position: Ints
    inside: Flags


def _tastes(found: Habits, block: slice, window: _Window, alike: Ints) -> None:
    """Count the orders with something of each target's category."""
    category, position = window.merged.category, window.position
    known = category[window.own] != UNKNOWN
    same = window.inside & (category[position] == category[window.own][:, None])
    opens = same & (alike[position] < window.begin[:, None])
    found.same_category[block] = np.where(known, opens.sum(axis=1), 0)
    found.taste_orders[block] = np.where(known, found.orders[block], 0)


def _refunds(found: Habits, block: slice, window: _Window) -> None:
    """Count orders of 180 days, and those of them that were refunded by then."""
    merged, position = window.merged, window.position
    now = merged.time[window.own][:, None]
    fresh = merged.time[position] >= now - REFUND_DAYS * DAY_US
    young = window.inside & fresh
    back = young & (merged.refunded[position] < now)
    rows = np.flatnonzero(back.any(axis=1))
    order = merged.order[position[rows]]
    found.refund_orders[block][rows] = _distinct(order, young[rows])
    found.refunded_orders[block][rows] = _distinct(order, back[rows])


def _distinct(codes: Ints, chosen: Flags) -> Ints:
    """Count the distinct codes of each row's chosen places."""
    ordered = np.sort(np.where(chosen, codes, -1), axis=1)
    new = np.diff(ordered, axis=1, prepend=-1) != 0
    counted: Ints = new.sum(axis=1)
    return counted


def _limit(found: Habits, block: slice, window: _Window, limits: Limits, limit: int) -> None:
    """Count the lines of 7 days just under one limit."""
    merged, position = window.merged, window.position
    now = merged.time[window.own]
    stands = (limits.begin_us[limit] <= now) & (now < limits.end_us[limit])
    under = _just_under(merged.cents, int(limits.cents[limit]))
    week = merged.time[position] >= (now - LIMIT_DAYS * DAY_US)[:, None]
    lines = (window.inside & week & under[position]).sum(axis=1) + 1
    lines = np.where(stands & under[window.own], lines, 0)
    more = lines > found.limit_lines[block]
    found.limit_lines[block] = np.where(more, lines, found.limit_lines[block])
    found.limit_cents[block] = np.where(more, limits.cents[limit], found.limit_cents[block])


def _just_under(cents: Ints, limit: int) -> Flags:
    return (cents >= JUST_UNDER * limit) & (cents < limit)


def _tries(merged: MergedLines) -> Ints:
    """Count each target's customer's tries to pay that were declined within the hour before."""
    now = merged.time[merged.target]
    return tries_between(
        merged.customer, merged.time, merged.declined, asked=merged.customer[merged.target], now=now
    )


def tries_between(key: Ints, sale_us: Ints, declined_us: Ints, *, asked: Ints, now: Ints) -> Ints:
    """Count tries to pay by each asked key that were declined in [now − 1 h, now).

    key, sale_us, declined_us: of sales. Lines sold at one moment are one try, however many times
    its lines were settled; it counts when the first of them was declined. One that was declined
    over an hour after its sale tells nothing.
    """
    tried = (declined_us != NEVER_US) & (declined_us - sale_us <= TRIES_US)
    if not tried.any():
        return np.zeros(len(asked), np.int64)
    key, sale_us, declined_us = key[tried], sale_us[tried], declined_us[tried]
    by = np.lexsort((declined_us, sale_us, key))
    first = by[np.unique(run_starts(key[by], sale_us[by]))]
    key, declined_us = key[first], declined_us[first]
    moments = np.unique(declined_us)
    width = len(moments) + 1
    packed = np.sort(key * width + np.searchsorted(moments, declined_us))

    def before(at: Ints) -> Ints:
        place = asked * width + np.searchsorted(moments, at, "left")
        return np.searchsorted(packed, place, "left").astype(np.int64)

    return before(now) - before(now - TRIES_US)
