"""A customer's habits: against the plainest possible count, and at the windows' edges."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transactions.factories import NOW
from tests.transactions.test_windows import nothing_past
from transactions.fraud.calendar import microseconds
from transactions.fraud.frame import NEVER_US, SalesFrame, text_column
from transactions.fraud.habits import Habits, Limits
from transactions.fraud.windows import customer_history

HOUR = 3600.0
DAY = 24 * HOUR
ZONE = ZoneInfo("America/New_York")
# Seconds before now, customer, order, category, cents; seconds from the sale until it was
# refunded and until its payment was declined, None for never.
Line = tuple[float, int, str, str, int, float | None, float | None]


def at_us(seconds_ago: float) -> int:
    return microseconds(NOW) - round(seconds_ago * 1e6)


def habits_of(lines: list[Line], limits: Limits | None = None) -> Habits:
    ago, customer, order, category, cents, refunded, declined = zip(*lines, strict=True)

    def after(delays: tuple[float | None, ...]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
        moments = [
            NEVER_US if delay is None else at_us(sold - delay)
            for sold, delay in zip(ago, delays, strict=True)
        ]
        return np.array(moments, np.int64)

    frame = SalesFrame(
        timestamp_us=np.array([at_us(s) for s in ago], np.int64),
        order_ref=text_column(order),
        customer_id=np.array(customer, np.int64),
        product_id=np.ones(len(lines), np.int64),
        quantity=np.ones(len(lines), np.int64),
        amount_cents=np.array(cents, np.int64),
        channel=text_column(["web"] * len(lines)),
        ip_country=text_column([""] * len(lines)),
        ship_country=text_column([""] * len(lines)),
        category=text_column(category),
        refunded_us=after(refunded),
        declined_us=after(declined),
    )
    return customer_history(frame, nothing_past(), limits=limits, zone=ZONE).habits


def limit(cents: int, begin: float = 1e9, end: float = -1e9) -> Limits:
    """Return a limit that stood from so many seconds before now until so many."""
    return Limits(*(np.array([value]) for value in (cents, at_us(begin), at_us(end))))


def hour(seconds_ago: float) -> int:
    return (NOW - timedelta(seconds=seconds_ago)).astimezone(ZONE).hour


def plainly(lines: list[Line], i: int, top: int) -> tuple[int, ...]:
    """Return the habits of line i by reading all lines before it."""
    ago, customer, order, category, cents, _, _ = lines[i]
    if not customer:
        return (0,) * 8
    all_before = [line for line in lines if line[1] == customer and line[0] > ago]
    before = [line for line in all_before[-50:] if line[2] != order]
    first: dict[str, Line] = {}
    for line in before:
        first.setdefault(line[2], line)
    same = {line[2] for line in before if line[3] == category}
    under = [line for line in before if 0.95 * top <= line[4] < top and line[0] - ago <= 7 * DAY]
    fresh = [line for line in before if line[0] - ago <= 180 * DAY]
    back = {line[2] for line in fresh if line[5] is not None and line[0] - line[5] > ago}
    declined: dict[float, float] = {}
    for line in all_before:
        if line[6] is not None and line[6] <= HOUR:
            declined[line[0]] = min(line[6], declined.get(line[0], HOUR))
    tries = [sold for sold, after in declined.items() if ago < sold - after <= ago + HOUR]
    return (
        len(first),
        sum(hour(line[0]) == hour(ago) for line in first.values()),
        len(first) if category else 0,
        len(same) if category else 0,
        len(under) + 1 if 0.95 * top <= cents < top else 0,
        len({line[2] for line in fresh}) if back else 0,
        len(back),
        len(tries),
    )


some_lines = st.lists(
    st.tuples(
        st.sampled_from(
            [0.0, 60.0, HOUR, 2 * HOUR, DAY, 7 * DAY, 7 * DAY + 1, 90 * DAY, 200 * DAY]
        ),
        st.integers(0, 2),
        st.sampled_from("abcdef"),
        st.sampled_from(["", "Dairy", "Light"]),
        st.sampled_from([94, 95, 99, 100, 5000]),
        st.sampled_from([None, 60.0, DAY, 30 * DAY]),
        st.sampled_from([None, 0.0, 60.0, HOUR, 2 * HOUR]),
    ),
    min_size=1,
    max_size=70,
).map(lambda lines: sorted(lines, key=lambda line: -line[0]))


@settings(max_examples=150, deadline=None)
@given(lines=some_lines)
def test_habits_are_those_of_a_plain_count(lines: list[Line]) -> None:
    found = habits_of(lines, limit(100))

    for i in range(len(lines)):
        counted = (
            found.orders[i],
            found.same_hour[i],
            found.taste_orders[i],
            found.same_category[i],
            found.limit_lines[i],
            found.refund_orders[i],
            found.refunded_orders[i],
            found.tries[i],
        )
        assert counted == plainly(lines, i, 100), (i, lines)


def test_the_week_under_a_limit_ends_after_seven_days() -> None:
    def lines(days: float) -> list[Line]:
        return [
            (days * DAY, 1, "a", "", 9_900, None, None),
            (0.0, 1, "b", "", 9_800, None, None),
        ]

    assert habits_of(lines(7), limit(10_000)).limit_lines.tolist() == [1, 2]
    assert habits_of(lines(7.001), limit(10_000)).limit_lines.tolist() == [1, 1]


def test_a_limit_counts_while_it_stands() -> None:
    lines: list[Line] = [
        (2 * DAY, 1, "a", "", 9_900, None, None),
        (DAY, 1, "b", "", 9_900, None, None),
        (0.0, 1, "c", "", 10_000, None, None),
    ]

    # Not before it was known, not once it ended, and not at the limit itself.
    assert habits_of(lines, limit(10_000, begin=1.5 * DAY)).limit_lines.tolist() == [0, 2, 0]
    assert habits_of(lines, limit(10_000, end=1.5 * DAY)).limit_lines.tolist() == [1, 0, 0]
    assert habits_of(lines, limit(10_000)).limit_cents.tolist() == [10_000, 10_000, 0]


def test_a_refund_counts_from_when_it_was_booked() -> None:
    def lines(hours: float) -> list[Line]:
        return [
            (5 * HOUR, 1, "a", "", 500, hours * HOUR, None),
            (0.0, 1, "b", "", 500, None, None),
        ]

    assert habits_of(lines(4.9)).refunded_orders.tolist() == [0, 1]
    assert habits_of(lines(5.0)).refunded_orders.tolist() == [0, 0]


def test_a_basket_is_one_try_when_its_lines_are_settled_one_by_one() -> None:
    lines: list[Line] = [
        (4000.0, 1, "a", "", 500, None, 390.0),
        (4000.0, 1, "a", "", 700, None, 401.0),
        (300.0, 1, "b", "", 500, None, 0.0),
        (300.0, 1, "b", "", 700, None, 2.0),
        (200.0, 1, "b", "", 500, None, 0.0),
        (1.0, 1, "c", "", 500, None, None),
        (0.0, 1, "c", "", 500, None, None),
    ]

    # Trying the same order again is another try; the first one counts from its first decline.
    assert habits_of(lines).tries.tolist() == [0, 0, 1, 1, 2, 2, 2]
