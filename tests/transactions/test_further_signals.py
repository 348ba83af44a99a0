"""F5 to F7, F13 to F16, F18 and F19: worked values, and where each falls silent."""

import math

import numpy as np
import pytest

from transactions.fraud import signals

NAN = float("nan")


def floats(*values: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array(values, np.float64)


def ints(*values: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, np.int64)


# 80, 90, 95 and 99.9 % of the category's lines.
UPPER = (9.0, 19.0, 39.0, 79.0)


@pytest.mark.parametrize(
    ("age", "amount", "signal"),
    [
        (1.0, 8.99, 0.0),
        (1.0, 9.0, 0.0),
        # Half way from q80 to q90 in ln(1 + a): √(10·20) − 1; percentile 0.85.
        (1.0, math.sqrt(200) - 1, 0.25),
        (1.0, 19.0, 0.5),
        (1.0, 39.0, 0.75),
        (1.0, 79.0, 0.995),
        (1.0, 79.01, 1.0),
        # The account is new for less than seven days, and not before it was made.
        (6.999, 79.01, 1.0),
        (7.0, 79.01, 0.0),
        (0.0, 79.01, 1.0),
        (-0.1, 79.01, 0.0),
        (NAN, 79.01, 0.0),
    ],
)
def test_f5_is_the_place_among_the_dearest_of_the_category(
    age: float, amount: float, signal: float
) -> None:
    found = signals.new_account_signal(floats(age), floats(amount), np.array([UPPER]))

    assert found[0] == pytest.approx(signal, abs=1e-12)


def test_f5_is_silent_where_the_category_is_unknown_or_all_alike() -> None:
    unknown = np.array([[NAN] * 4, [5.0] * 4])

    found = signals.new_account_signal(floats(1, 1), floats(99, 5), unknown)

    assert found.tolist() == [0, 0]


def test_f6_mixes_the_customers_hours_with_the_shops() -> None:
    # Own (0 + 1)/(10 + 24), weight 10/30; shop 0.002, weight 20/30.
    share = signals.hour_share(ints(0), ints(10), floats(0.002))
    assert share[0] == pytest.approx((10 / 34 + 20 * 0.002) / 30)
    # Without orders of his own the shop's alone.
    assert signals.hour_share(ints(0), ints(0), floats(0.002))[0] == pytest.approx(0.002)


def test_f6_is_the_surprise_beyond_an_even_day() -> None:
    even, rare = 1 / 24, math.exp(-1) / 24
    found = signals.hour_signal(floats(even, 0.2, rare, math.exp(-3) / 24, NAN))

    # (−ln p − ln 24)/2: 0 at an even share, 0.5 a factor e below it, cut at 1.
    assert found == pytest.approx([0, 0, 0.5, 1, 0])
    assert np.isnan(signals.hour_share(ints(3), ints(9), floats(NAN))).all()


def test_f7_speaks_after_five_orders() -> None:
    found = signals.taste_signal(ints(0, 0, 2, 9), ints(4, 5, 9, 9))

    # 1 − 0.5/6; 1 − 2.5/10; 1 − 9.5/10.
    assert found == pytest.approx([0, 11 / 12, 0.75, 0.05])


def test_f13_asks_for_two_lines_just_under_a_limit() -> None:
    assert signals.limit_signal(ints(0, 1, 2, 3, 9)).tolist() == [0, 0, 0.5, 1, 1]


def test_f14_is_twice_what_wilsons_bound_is_above_the_base() -> None:
    # Four of ten: 0.168.
    assert signals.wilson_lower(ints(4, 0, 0), ints(10, 10, 0)) == pytest.approx(
        [0.168, 0, 0], abs=5e-4
    )
    found = signals.refund_signal(ints(4, 4, 4, 9), ints(10, 10, 10, 9), floats(0, 0.1, NAN, 0))
    assert found == pytest.approx([0.3364, 0.1364, 0.3364, 1], abs=5e-4)
    assert signals.refund_signal(ints(4), ints(10), floats(0.2))[0] == 0


def test_f15_measures_what_staff_took_off_the_list_price() -> None:
    paid = floats(0.6, 0.4, 0.0, 0.4, NAN)
    staff = np.array([True, True, True, False, True])

    found = signals.override_signal(paid, by_staff=staff)

    assert found == pytest.approx([0, 0.5, 1, 0, 0])


def test_f16_is_a_throw_away_a_row_of_digits_or_a_crowd() -> None:
    found = signals.email_signal(
        disposable=np.array([False, True, True, False, False]),
        digits_heavy=np.array([False, False, True, False, False]),
        accounts=ints(1, 1, 1, 3, 4),
    )

    assert found.tolist() == [0, 0.7, 1, 0, 1]


def test_f18_counts_from_the_second_try() -> None:
    assert signals.tries_signal(ints(0, 1, 2, 5, 9)).tolist() == [0, 0, 0.25, 1, 1]


def test_f17_and_f19_rise_with_what_is_watched() -> None:
    watched = np.array([False, True])
    country = signals.country_signal(
        given=np.array([True, True]),
        seen=np.array([False, True]),
        orders=ints(3, 0),
        watched=watched,
    )

    assert country.tolist() == [0.5, 1]
    assert signals.watch_signal(watched).tolist() == [0, 1]
