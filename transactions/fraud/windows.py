"""What each customer did before each of his sales: sliding windows over lines in time order.

Only lines with an earlier timestamp count; lines of one moment do not see each other. The work
grows with the number of lines, whoever they belong to, and no line is handled by itself.
"""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from transactions.fraud.frame import (
    DAY_US,
    MICROSECONDS,
    Flags,
    Floats,
    Ints,
    PastLines,
    SalesFrame,
)
from transactions.fraud.habits import Habits, Limits, habits, no_habits
from transactions.fraud.labels import Spans, joined_spans
from transactions.fraud.signals import VELOCITY_WINDOWS_DAYS
from transactions.fraud.timelines import (
    HISTORY_LINES,
    LONG_BEFORE,
    MergedLines,
    clock_of,
    latest_earlier,
    merge,
    previous_of_order,
    run_starts,
)

COUNTRY_MEMORY_DAYS = 365
# With fewer lines a customer has no largest day.
LEAST_DAY_LINES = 5
# How long an unusual amount speaks against the customer's next sales (judgement, 2026-11).
LATELY_DAYS = 14
_VELOCITY_WINDOWS_US = tuple(round(days * DAY_US) for days in VELOCITY_WINDOWS_DAYS)
# Windows sorted at once: some 16 MB.
_BLOCK = 40_000
UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerHistory:
    """One entry a line of the frame, all as of its timestamp; for the anonymous all is nothing.

    amount_lines: earlier lines looked at, 0 to 50; amount_median, amount_mad: of ln(1 + amount)
    over them, NaN without. rate_orders, rate_days: orders in the last 50 lines before the last 24
    hours, and days since the first of them until then. recent_orders: (n, 3), orders in the last 10
    min, 1 h, 24 h without the line's own. twin_seconds: since the same product for the same amount,
    tries declined by then left out, inf for never. orders: earlier orders; exact up to 3.
    country_seen: the country shipped to was shipped to within 365 days. genuine_lines,
    genuine_cents: number and sum of those of the last 50 lines that are known to be genuine;
    lately_cents: the largest amount of the rest of them within 14 days, 0 without. gap_days: since
    the line before, NaN without. day_cents: of the last 24 hours, the line included; own_day_cents:
    the largest sum of a day, counted back from then, among the last 50 lines before, 0 with fewer
    than five.
    """

    amount_lines: Ints
    amount_median: Floats
    amount_mad: Floats
    rate_orders: Ints
    rate_days: Floats
    recent_orders: Ints
    twin_seconds: Floats
    orders: Ints
    country_seen: Flags
    genuine_lines: Ints
    genuine_cents: Ints
    lately_cents: Ints
    gap_days: Floats
    day_cents: Ints
    own_day_cents: Ints
    habits: Habits


@dataclass(frozen=True, slots=True)
class Labelled:
    """When lines were known to be genuine: of the frame and of the past, in their order."""

    lines: Spans
    past: Spans


def customer_history(
    lines: SalesFrame,
    past: PastLines,
    labelled: Labelled | None = None,
    *,
    limits: Limits | None = None,
    zone: ZoneInfo = UTC,
) -> CustomerHistory:
    """Return what is known of each line's customer at its moment.

    labelled: None when no line was ever labelled genuine. limits: amounts that are known to be
    looked at, None without. zone: of the shop, for the hours of its day.
    """
    n = len(lines)
    history = _nothing(lines)
    merged = merge(lines, past)
    target, place = merged.target, merged.place
    if not len(target):
        return history
    starts = run_starts(merged.customer)
    # Lines [starts, ends) are the customer's earlier ones.
    ends = run_starts(merged.customer, merged.time)
    own_before = latest_earlier(merged.time, merged.customer, merged.order)
    previous = previous_of_order(merged)
    clock = clock_of(merged)

    history.amount_lines[place] = np.minimum(ends - starts, HISTORY_LINES)[target]
    history.amount_median[place], history.amount_mad[place] = _amounts(merged, starts, ends)
    history.rate_orders[place], history.rate_days[place] = _rates(merged, starts, previous, clock)
    history.recent_orders[place] = _recent_orders(merged, own_before, clock)
    twin = latest_earlier(
        merged.time, merged.customer, merged.product, merged.cents, until=merged.declined
    )[target]
    ago = (merged.time[target] - np.maximum(twin, 0)) / MICROSECONDS
    history.twin_seconds[place] = np.where(twin == LONG_BEFORE, np.inf, ago)
    history.orders[place] = _orders(merged, starts, ends, previous, own_before)
    seen = latest_earlier(merged.time, merged.customer, merged.country)[target]
    oldest = merged.time[target] - COUNTRY_MEMORY_DAYS * DAY_US
    history.country_seen[place] = (seen != LONG_BEFORE) & (seen >= oldest)
    if labelled is None:
        labelled = Labelled(Spans.none(n), Spans.none(len(past.timestamp_us)))
    for column, found in zip(
        (history.genuine_lines, history.genuine_cents, history.lately_cents),
        _genuine(merged, starts, ends, joined_spans(labelled.past, labelled.lines)),
        strict=True,
    ):
        column[place] = found
    before = latest_earlier(merged.time, merged.customer)[target]
    gap = (merged.time[target] - np.maximum(before, 0)) / DAY_US
    history.gap_days[place] = np.where(before == LONG_BEFORE, np.nan, gap)
    history.day_cents[place], history.own_day_cents[place] = _day_values(
        merged, starts, ends, clock
    )
    found_habits = habits(merged, starts, ends, previous, limits=limits or Limits.none(), zone=zone)
    found_habits.into(history.habits, place)
    return history


def _nothing(lines: SalesFrame) -> CustomerHistory:
    n = len(lines)
    return CustomerHistory(
        amount_lines=np.zeros(n, np.int64),
        amount_median=np.full(n, np.nan),
        amount_mad=np.full(n, np.nan),
        rate_orders=np.zeros(n, np.int64),
        rate_days=np.zeros(n),
        recent_orders=np.zeros((n, len(_VELOCITY_WINDOWS_US)), np.int64),
        twin_seconds=np.full(n, np.inf),
        orders=np.zeros(n, np.int64),
        country_seen=np.zeros(n, np.bool_),
        genuine_lines=np.zeros(n, np.int64),
        genuine_cents=np.zeros(n, np.int64),
        lately_cents=np.zeros(n, np.int64),
        gap_days=np.full(n, np.nan),
        day_cents=lines.amount_cents.copy(),
        own_day_cents=np.zeros(n, np.int64),
        habits=no_habits(n),
    )


def _amounts(merged: MergedLines, starts: Ints, ends: Ints) -> tuple[Floats, Floats]:
    """Median and MAD of ln(1 + amount) over each target's last 50 lines."""
    # Lines of one moment share a window, which its end tells from all others.
    ends, of_window, back = np.unique(ends[merged.target], return_index=True, return_inverse=True)
    counts = np.minimum(ends - starts[merged.target][of_window], HISTORY_LINES)
    padded = np.concatenate([np.zeros(HISTORY_LINES), np.log1p(merged.cents / 100)])
    # Row e of the view holds the 50 values before position e.
    view = sliding_window_view(padded, HISTORY_LINES)
    median, mad = np.empty(len(ends)), np.empty(len(ends))
    for first in range(0, len(ends), _BLOCK):
        block = slice(first, first + _BLOCK)
        count = counts[block]
        values = view[ends[block]]
        values[np.arange(HISTORY_LINES) < (HISTORY_LINES - count)[:, None]] = np.inf
        median[block] = _medians(values, count)
        # inf − inf, where nothing is known, is NaN and stays so.
        with np.errstate(invalid="ignore"):
            mad[block] = _medians(np.abs(values - median[block][:, None]), count)
    return median[back], mad[back]


def _genuine(
    merged: MergedLines, starts: Ints, ends: Ints, genuine: Spans
) -> tuple[Ints, Ints, Ints]:
    """Number and cents of known genuine lines of each target's last 50; the largest other one."""
    target = merged.target
    lines, cents, lately = (np.zeros(len(target), np.int64) for _ in range(3))
    reach = np.arange(HISTORY_LINES, 0, -1)
    for first in range(0, len(target), _BLOCK):
        block = slice(first, first + _BLOCK)
        position = ends[target[block], None] - reach
        inside = position >= starts[target[block], None]
        position = np.maximum(position, 0)
        now = np.broadcast_to(merged.time[target[block], None], position.shape)
        known = inside & genuine.holds(merged.source[position], now)
        amounts = merged.cents[position]
        lines[block] = known.sum(axis=1)
        cents[block] = np.where(known, amounts, 0).sum(axis=1)
        recent = inside & ~known & (merged.time[position] > now - LATELY_DAYS * DAY_US)
        lately[block] = np.where(recent, amounts, 0).max(axis=1, initial=0)
    return lines, cents, lately


def _medians(values: Floats, count: Ints) -> Floats:
    """Median of the `count` finite values of each row, the rest being inf; NaN for none."""
    ordered = np.sort(values, axis=1)
    rows = np.arange(len(ordered))
    low, high = np.maximum(count - 1, 0) // 2, np.minimum(count // 2, ordered.shape[1] - 1)
    return np.where(count > 0, (ordered[rows, low] + ordered[rows, high]) / 2, np.nan)


def _rates(merged: MergedLines, starts: Ints, previous: Ints, clock: Ints) -> tuple[Ints, Floats]:
    """Orders in the last 50 lines before the last 24 hours, and days from the first of them."""
    target = merged.target
    # Exact within the customer: the clock keeps differences up to 24 hours.
    ends = np.maximum(np.searchsorted(clock, clock[target] - DAY_US, "left"), starts[target])
    begins = np.maximum(starts[target], ends - HISTORY_LINES)
    orders, days = np.zeros(len(target), np.int64), np.zeros(len(target))
    reach = np.arange(HISTORY_LINES)
    for first in range(0, len(target), _BLOCK):
        block = slice(first, first + _BLOCK)
        begin, end, own = begins[block, None], ends[block, None], merged.order[target[block], None]
        position = begin + reach
        inside = position < end
        position = np.where(inside, position, 0)
        inside &= merged.order[position] != own
        # An order counts at its first line in the window.
        orders[block] = np.sum(inside & (previous[position] < begin), axis=1)
        oldest = merged.time[np.take_along_axis(position, inside.argmax(axis=1)[:, None], 1)[:, 0]]
        days[block] = (merged.time[target[block]] - DAY_US - oldest) / DAY_US
    return orders, np.where(orders > 0, days, 0.0)


def _day_values(merged: MergedLines, starts: Ints, ends: Ints, clock: Ints) -> tuple[Ints, Ints]:
    """Cents within 24 hours with the line's own, and the largest sum of a day before them."""
    target = merged.target
    sums = np.concatenate([[0], np.cumsum(merged.cents)])
    begins = np.maximum(np.searchsorted(clock, clock[target] - DAY_US, "left"), starts[target])
    recent = sums[ends[target]] - sums[begins] + merged.cents[target]
    largest = np.zeros(len(target), np.int64)
    reach = np.arange(HISTORY_LINES, 0, -1)
    for first in range(0, len(target), _BLOCK):
        block = slice(first, first + _BLOCK)
        position = begins[block, None] - reach
        inside = position >= starts[target[block], None]
        position = np.maximum(position, 0)
        ago = merged.time[target[block], None] - DAY_US - merged.time[position]
        day = np.where(inside, ago // DAY_US, -1)
        cents = np.where(inside, merged.cents[position], 0).cumsum(axis=1)
        # A day's sum up to each line: what was summed before the day's first line is taken off.
        begun = np.diff(day, axis=1, prepend=-2) != 0
        earlier = np.where(begun, cents - np.where(inside, merged.cents[position], 0), 0)
        of_day = cents - np.maximum.accumulate(earlier, axis=1)
        enough = inside.sum(axis=1) >= LEAST_DAY_LINES
        largest[block] = np.where(enough, of_day.max(axis=1, initial=0), 0)
    return recent, largest


def _recent_orders(merged: MergedLines, own_before: Ints, clock: Ints) -> Ints:
    """Distinct other orders of the customer in [t − w, t) for each target and window."""
    by = np.lexsort((merged.time, merged.order, merged.customer))
    order, customer, moment = merged.order[by], merged.customer[by], clock[by]
    following = np.full(len(by), np.iinfo(np.int64).max)
    same = (order[1:] == order[:-1]) & (customer[1:] == customer[:-1])
    following[:-1][same] = moment[1:][same]
    counts = np.empty((len(merged.target), len(_VELOCITY_WINDOWS_US)), np.int64)
    for column, window in enumerate(_VELOCITY_WINDOWS_US):
        # A line is in the window of those in (moment, moment + w]; the order's next line takes
        # over from it, so that the order counts once.
        first = np.searchsorted(clock, moment, "right")
        last = np.searchsorted(clock, np.minimum(moment + window, following), "right")
        steps = np.bincount(first, minlength=len(clock) + 1)
        steps -= np.bincount(last, minlength=len(clock) + 1)
        own = (own_before != LONG_BEFORE) & (merged.time - np.maximum(own_before, 0) <= window)
        counts[:, column] = (np.cumsum(steps)[:-1] - own)[merged.target]
    return counts


def _orders(
    merged: MergedLines, starts: Ints, ends: Ints, previous: Ints, own_before: Ints
) -> Ints:
    """Earlier orders of the customer without the line's own."""
    begun = np.concatenate([[0], np.cumsum(previous < 0)])
    before: Ints = begun[ends] - begun[starts] - (own_before != LONG_BEFORE)
    return before[merged.target]
