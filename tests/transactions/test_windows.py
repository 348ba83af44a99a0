"""What a customer did before: against the plainest possible count."""

from dataclasses import replace
from datetime import timedelta
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.transactions.factories import NOW
from transactions.fraud.calendar import microseconds
from transactions.fraud.frame import NEVER_US, PastLines, SalesFrame, text_column
from transactions.fraud.labels import FOREVER_US, Spans
from transactions.fraud.windows import CustomerHistory, Labelled, customer_history

DAY = 86_400.0
# Seconds before now, customer, order, product, cents, country.
Line = tuple[float, int, str, int, int, str]


def at_us(seconds_ago: float) -> int:
    return microseconds(NOW) - round(seconds_ago * 1e6)


def frame(lines: list[Line]) -> SalesFrame:
    seconds, customer, order, product, cents, country = zip(*lines, strict=True)
    return SalesFrame(
        timestamp_us=np.array([at_us(s) for s in seconds], np.int64),
        order_ref=text_column(order),
        customer_id=np.array(customer, np.int64),
        product_id=np.array(product, np.int64),
        quantity=np.ones(len(lines), np.int64),
        amount_cents=np.array(cents, np.int64),
        channel=text_column(["web"] * len(lines)),
        ip_country=text_column([""] * len(lines)),
        ship_country=text_column(country),
    )


def nothing_past() -> PastLines:
    none = np.zeros(0, np.int64)
    return PastLines(
        timestamp_us=none,
        order_ref=text_column([]),
        customer_id=none,
        product_id=none,
        amount_cents=none,
        ship_country=text_column([]),
    )


def history(lines: list[Line]) -> CustomerHistory:
    return customer_history(frame(lines), nothing_past())


def counted_plainly(lines: list[Line], i: int) -> dict[str, object]:
    """Return the history of line i by reading all lines before it."""
    ago, customer, order, product, cents, country = lines[i]
    before = [line for line in lines if line[1] == customer and line[0] > ago] if customer else []
    last = before[-50:]
    logs = [float(np.log1p(line[4] / 100)) for line in last]
    middle = median(logs) if logs else np.nan
    sample = [line for line in before if line[0] > ago + DAY][-50:]
    others = [line for line in sample if line[2] != order]
    days: dict[int, int] = {}
    for line in sample:
        day = int((line[0] - ago - DAY) // DAY)
        days[day] = days.get(day, 0) + line[4]
    twins = [line[0] - ago for line in before if (line[3], line[4]) == (product, cents)]
    return {
        "amount_lines": len(last),
        "amount_median": middle,
        "amount_mad": median(abs(x - middle) for x in logs) if logs else np.nan,
        "rate_orders": len({line[2] for line in others}),
        "rate_days": (others[0][0] - ago - DAY) / DAY if others else 0.0,
        "recent_orders": [
            len({line[2] for line in before if line[0] - ago <= window and line[2] != order})
            for window in (600, 3600, DAY)
        ],
        "twin_seconds": min(twins, default=np.inf),
        "orders": len({line[2] for line in before if line[2] != order}),
        "gap_days": (before[-1][0] - ago) / DAY if before else np.nan,
        "day_cents": cents + sum(line[4] for line in before if line[0] - ago <= DAY),
        "own_day_cents": max(days.values()) if len(sample) >= 5 else 0,
        # Nothing was ever labelled.
        "genuine_lines": 0,
        "genuine_cents": 0,
        "lately_cents": max((line[4] for line in last if line[0] - ago < 14 * DAY), default=0),
        "country_seen": any(line[5] == country and line[0] - ago <= 365 * DAY for line in before),
    }


lines_in_time_order = st.lists(
    st.tuples(
        st.sampled_from([0.0, 60.0, 600.0, 601.0, 3600.0, DAY, DAY + 1, 3 * DAY, 366 * DAY])
        | st.integers(0, 200_000).map(float),
        st.integers(0, 2),
        st.sampled_from(["a", "b", "c", "d", "e"]),
        st.integers(1, 2),
        st.sampled_from([100, 250, 9900]),
        st.sampled_from(["", "GB", "US"]),
    ),
    min_size=1,
    max_size=80,
).map(lambda lines: sorted(lines, key=lambda line: -line[0]))


@settings(max_examples=60, deadline=None)
@given(lines=lines_in_time_order)
def test_windows_equal_a_plain_count(lines: list[Line]) -> None:
    found = history(lines)

    for i in range(len(lines)):
        for name, expected in counted_plainly(lines, i).items():
            assert getattr(found, name)[i] == pytest.approx(expected, nan_ok=True), (i, name)


tries = st.lists(
    st.tuples(
        st.sampled_from([0.0, 60.0, 61.0, 120.0, 600.0, 3600.0, DAY]),
        # Seconds from the sale until its payment was declined.
        st.sampled_from([None, 0.0, 1.0, 60.0, 500.0, DAY]),
        st.sampled_from([100, 250]),
    ),
    min_size=1,
    max_size=30,
).map(lambda made: sorted(made, key=lambda each: -each[0]))


@settings(max_examples=100, deadline=None)
@given(made=tries)
def test_a_try_is_a_twin_until_it_is_declined(
    made: list[tuple[float, float | None, int]],
) -> None:
    lines: list[Line] = [(ago, 1, f"o{n}", 1, cents, "") for n, (ago, _, cents) in enumerate(made)]
    declined = [NEVER_US if after is None else at_us(ago - after) for ago, after, _ in made]
    sold = replace(frame(lines), declined_us=np.array(declined, np.int64))

    found = customer_history(sold, nothing_past()).twin_seconds.tolist()

    assert found == [
        min(
            (
                sold_ago - ago
                for sold_ago, after, sold_cents in made
                if sold_cents == cents and sold_ago > ago
                # Declined at the very moment is not known to it yet.
                if after is None or sold_ago - after <= ago
            ),
            default=np.inf,
        )
        for ago, _, cents in made
    ]


def test_more_than_fifty_lines_leave_the_window() -> None:
    # 10 lines of 9.00 and then 50 of 1.00: the median of the last 50 is ln 2, MAD 0.
    lines: list[Line] = [(1000.0 - n, 1, f"o{n}", 1, 900 if n < 10 else 100, "") for n in range(60)]

    found = history([*lines, (0.0, 1, "now", 1, 100, "")])

    assert found.amount_lines[-1] == 50
    assert found.amount_median[-1] == pytest.approx(np.log(2))
    assert found.amount_mad[-1] == pytest.approx(0)


def test_a_basket_is_one_order() -> None:
    basket: list[Line] = [(300.0, 1, "basket", n, 100, "") for n in range(30)]

    found = history([*basket, (0.0, 1, "next", 99, 100, "")])

    assert found.recent_orders[:30].max() == 0
    assert found.recent_orders[-1].tolist() == [1, 1, 1]


def test_the_anonymous_have_no_history() -> None:
    found = history([(60.0, 0, "a", 1, 100, "GB"), (0.0, 0, "b", 1, 100, "GB")])

    assert found.amount_lines.tolist() == [0, 0]
    assert found.twin_seconds.tolist() == [np.inf, np.inf]
    assert found.recent_orders.max() == 0


def test_many_customers_over_many_years_do_not_overflow() -> None:
    years = timedelta(days=40 * 365).total_seconds()
    first: list[Line] = [(years, n, f"a{n}", 1, 100, "") for n in range(1, 4001)]
    last: list[Line] = [(60.0, n, f"b{n}", 1, 100, "") for n in range(1, 4001)]
    now: list[Line] = [(0.0, n, f"c{n}", 1, 100, "") for n in range(1, 4001)]

    found = history([*first, *last, *now])

    assert found.recent_orders[4000:8000].max() == 0
    assert (found.recent_orders[8000:] == 1).all()


def test_amounts_known_to_be_genuine_are_told_from_the_rest() -> None:
    # Ten, nine, … days ago; known to be genuine a day later, but for the second, which was never
    # labelled, and the third, whose label was taken back after three days.
    lines: list[Line] = [((10 - n) * DAY, 1, f"o{n}", n, 100 * (n + 1), "") for n in range(10)]
    sales = frame([*lines, (0.0, 1, "now", 99, 100, "")])
    known = sales.timestamp_us + round(DAY * 1e6)
    begin = np.where(np.arange(11) == 1, FOREVER_US, known)[:, None]
    end = np.where(np.arange(11) == 2, known + round(3 * DAY * 1e6), FOREVER_US)[:, None]

    found = customer_history(
        sales, nothing_past(), Labelled(lines=Spans(begin, end), past=Spans.none(0))
    )

    # All but the second and third: 1 + 4 + 5 + … + 10 = 50.
    assert (found.genuine_lines[-1], found.genuine_cents[-1]) == (8, 5000)
    assert found.lately_cents[-1] == 300
    # Five days ago: 1, 3 and 4 are known, 3 for another day; 2 and 5 are not.
    assert (found.genuine_lines[5], found.genuine_cents[5]) == (4, 1300)
    assert found.lately_cents[5] == 200
