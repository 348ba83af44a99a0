"""Lines of the past and of a frame laid out by customer and time, and marks along them."""

from dataclasses import dataclass

import numpy as np

from transactions.fraud.frame import (
    ANONYMOUS,
    DAY_US,
    Ints,
    PastLines,
    SalesFrame,
    codes_of,
    text_codes,
    texts_or_blank,
    times_or_never,
)

# Lines that make a customer's usual amount, and orders that make his usual rate.
HISTORY_LINES = 50
# No line before: earlier than any moment.
LONG_BEFORE = np.iinfo(np.int64).min


@dataclass(frozen=True, slots=True)
class MergedLines:
    """Past lines and those of the frame, by customer, time and order of insertion."""

    time: Ints
    customer: Ints
    order: Ints
    product: Ints
    cents: Ints
    country: Ints
    # Code of the product's category, −1 where unknown; moments, NEVER_US for none.
    category: Ints
    declined: Ints
    refunded: Ints
    # Position of each line of the frame that has a customer, and its place in the frame.
    target: Ints
    place: Ints
    # Where each line stood: the past's lines, then those of the frame.
    source: Ints


def merge(lines: SalesFrame, past: PastLines) -> MergedLines:
    """Return the lines of both by customer and time, without the anonymous."""
    named = np.flatnonzero(lines.customer_id != ANONYMOUS)
    time = np.concatenate([past.timestamp_us, lines.timestamp_us[named]])
    customer = np.concatenate([past.customer_id, lines.customer_id[named]])
    orders: dict[str, int] = {}
    countries: dict[str, int] = {}
    order = np.concatenate(
        [codes_of(past.order_ref, orders), codes_of(lines.order_ref[named], orders)]
    )
    country = np.concatenate(
        [codes_of(past.ship_country, countries), codes_of(lines.ship_country[named], countries)]
    )
    product = np.concatenate([past.product_id, lines.product_id[named]])
    cents = np.concatenate([past.amount_cents, lines.amount_cents[named]])
    categories: dict[str, int] = {}
    n_past, n = len(past.timestamp_us), len(lines)
    category, declined, refunded = (
        np.concatenate(parts)
        for parts in (
            (
                text_codes(texts_or_blank(past.category, n_past), categories),
                text_codes(lines.texts("category")[named], categories),
            ),
            (
                times_or_never(past.declined_us, n_past),
                times_or_never(lines.declined_us, n)[named],
            ),
            (
                times_or_never(past.refunded_us, n_past),
                times_or_never(lines.refunded_us, n)[named],
            ),
        )
    )
    # A stable sort: lines of one moment stay in the order of insertion.
    by = np.lexsort((time, customer))
    target = np.flatnonzero(by >= len(past.timestamp_us))
    return MergedLines(
        time=time[by],
        customer=customer[by],
        order=order[by],
        product=product[by],
        cents=cents[by],
        country=country[by],
        category=category[by],
        declined=declined[by],
        refunded=refunded[by],
        target=target,
        place=named[by[target] - len(past.timestamp_us)],
        source=np.concatenate([np.arange(len(past.timestamp_us)), named + len(past.timestamp_us)])[
            by
        ],
    )


def run_starts(*columns: Ints) -> Ints:
    """Return, for each row, where its run of rows equal in all columns begins."""
    begins = np.ones(len(columns[0]), np.bool_)
    begins[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return np.maximum.accumulate(np.where(begins, np.arange(len(begins)), 0))


def latest_earlier(time: Ints, *keys: Ints, until: Ints | None = None) -> Ints:
    """Return, for each row, the latest earlier time of a row with equal keys, or LONG_BEFORE.

    until: the last moment at which each row counts for others; None for ever.
    """
    by = np.lexsort((time, *keys[::-1]))
    ordered = [key[by] for key in keys]
    group = run_starts(*ordered)
    found = run_starts(*ordered, time[by]) - 1
    if until is not None:
        found = _counting(found, group, time[by], until[by])
    latest = np.full(len(time), LONG_BEFORE)
    latest[by] = np.where(found >= group, time[by[np.maximum(found, 0)]], LONG_BEFORE)
    return latest


def _counting(found: Ints, group: Ints, time: Ints, until: Ints) -> Ints:
    """Return the nearest row at or before each found one that still counts at the row's time."""
    # At k + 1 the last row up to k that counts for any later one: others cost no step.
    ever = np.maximum.accumulate(np.where(until > time, np.arange(len(time)), -1))
    ever = np.concatenate([[-1], ever])
    found = ever[found + 1]
    rows = np.arange(len(found))
    while True:
        rows = rows[(found[rows] >= group[rows]) & (until[found[rows]] < time[rows])]
        if not len(rows):
            return found
        found[rows] = ever[found[rows]]


def clock_of(merged: MergedLines) -> Ints:
    """Times laid end to end over customers: differences are exact up to 24 hours, else larger.

    Longer gaps are cut, so that many customers over many years do not overflow.
    """
    gaps = np.diff(merged.time, prepend=merged.time[:1])
    gaps[np.diff(merged.customer, prepend=merged.customer[:1]) != 0] = 2 * DAY_US
    return np.cumsum(np.minimum(gaps, 2 * DAY_US))


def previous_of_order(merged: MergedLines, *within: Ints) -> Ints:
    """Position of the line before it of the same customer and order, −1 for the first.

    within: further codes that have to be equal, such as the category's.
    """
    keys = (*within, merged.order, merged.customer)
    by = np.lexsort(keys)
    same = np.zeros(len(by), np.bool_)
    same[1:] = np.logical_and.reduce([key[by][1:] == key[by][:-1] for key in keys])
    previous = np.full(len(by), -1)
    previous[by[same]] = by[np.flatnonzero(same) - 1]
    return previous
