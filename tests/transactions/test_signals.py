"""Fraud signals against numbers worked by hand."""

import numpy as np
import pytest

from transactions.fraud import signals
from transactions.fraud.frame import Floats


def floats(*values: float) -> Floats:
    return np.array(values, np.float64)


# --- F1


def deviation(
    amount: float, *, own: tuple[float, float, int], category: tuple[float, float]
) -> float:
    [z] = signals.amount_deviation(
        np.log1p(floats(amount)),
        own_median=floats(own[0]),
        own_mad=floats(own[1]),
        own_lines=np.array([own[2]]),
        category_median=floats(category[0]),
        category_mad=floats(category[1]),
    )
    return float(z)


def test_f1_leans_on_the_category_by_five_to_n() -> None:
    # n 15: m = (15·2 + 5·4)/20 = 2.5, MAD = (15·0.2 + 5·0.6)/20 = 0.3, sd = 0.44478.
    # a = e^4 − 1, so ln(1 + a) = 4 and z = 1.5/0.44478 = 3.3725.
    z = deviation(np.expm1(4), own=(2.0, 0.2, 15), category=(4.0, 0.6))

    assert z == pytest.approx(3.3725, abs=1e-4)
    # (3.3725 − 2)/4
    assert signals.amount_signal(floats(z))[0] == pytest.approx(0.3431, abs=1e-4)


def test_f1_takes_no_spread_below_a_quarter() -> None:
    # MAD 0: z = (3 − 2)/0.25.
    assert deviation(np.expm1(3), own=(2.0, 0.0, 50), category=(2.0, 0.0)) == pytest.approx(4)


@pytest.mark.parametrize(
    ("own_lines", "category", "z"),
    [
        # Nobody knows anything.
        (0, (np.nan, np.nan), 0.0),
        # Four lines and no category: not enough.
        (4, (np.nan, np.nan), 0.0),
        # Five lines stand for themselves: (4 − 2)/0.25.
        (5, (np.nan, np.nan), 8.0),
        # A stranger is measured by the category: (4 − 3)/0.25.
        (0, (3.0, 0.1), 4.0),
    ],
)
def test_f1_knows_what_it_does_not_know(
    own_lines: int, category: tuple[float, float], z: float
) -> None:
    own = (2.0, 0.1, own_lines) if own_lines else (np.nan, np.nan, 0)

    assert deviation(np.expm1(4), own=own, category=category) == pytest.approx(z)


@pytest.mark.parametrize(("z", "signal"), [(-9, 0), (2, 0), (3, 0.25), (4, 0.5), (6, 1), (60, 1)])
def test_f1_speaks_from_two_to_six_standard_deviations(z: float, signal: float) -> None:
    assert signals.amount_signal(floats(z))[0] == signal


# --- F3


def test_f3_oracle() -> None:
    # λ·w = 0.5 in 24 hours, k = 5: 1 − e^−0.5·Σ(0.5^i/i!, i < 5) = 1.72·10⁻⁴.
    chances = signals.velocity_chances(np.array([[0, 0, 5]]), floats(0.5))

    assert chances[0, 2] == pytest.approx(1.7212e-4, rel=1e-4)
    assert signals.velocity_signal(chances)[0] == pytest.approx(0.627, abs=5e-4)


def test_f3_takes_the_least_likely_window() -> None:
    # λ 1/day. 1 in 10 min: 1 − e^(−1/144) = 0.00692; 1 in 24 h: 0.632. −log10(0.00692)/6 = 0.36.
    chances = signals.velocity_chances(np.array([[1, 1, 1]]), floats(1.0))

    assert chances[0] == pytest.approx([0.006920, 0.040811, 0.632121], abs=1e-6)
    assert signals.velocity_signal(chances)[0] == pytest.approx(0.36, abs=1e-3)


def test_f3_is_silent_without_orders_and_capped_with_many() -> None:
    chances = signals.velocity_chances(np.array([[0, 0, 0], [500, 500, 500]]), floats(0.1, 0.1))

    assert signals.velocity_signal(chances).tolist() == [0.0, 1.0]


@pytest.mark.parametrize(
    ("orders", "days", "market", "rate"),
    [
        # No history: the market's.
        (0, 0.0, 0.3, 0.3),
        # One order starts the clock and says nothing yet.
        (1, 12.0, 0.3, 0.3),
        # 5 gaps in 10 days = 0.5, market 0.1: (5·0.5 + 5·0.1)/10.
        (6, 10.0, 0.1, 0.3),
        # Nothing known, and the floor.
        (0, 0.0, np.nan, 0.02),
        (0, 0.0, 0.001, 0.02),
    ],
)
def test_f3_rate_leans_on_the_market(orders: int, days: float, market: float, rate: float) -> None:
    [found] = signals.customer_rate_a_day(
        orders=np.array([orders]), days=floats(days), market_rate_a_day=floats(market)
    )

    assert found == pytest.approx(rate)


# --- F8, F10, F11, F17


@pytest.mark.parametrize(
    ("seconds", "signal"), [(0.1, 1), (120, 1), (120.1, 0.5), (600, 0.5), (600.1, 0), (np.inf, 0)]
)
def test_f8_by_seconds_since_the_twin(seconds: float, signal: float) -> None:
    assert signals.twin_signal(floats(seconds))[0] == signal


@pytest.mark.parametrize(("ratio", "signal"), [(0.2, 0), (1, 0), (5.5, 0.5), (10, 1), (99, 1)])
def test_f10_by_times_the_shop_rate(ratio: float, signal: float) -> None:
    assert signals.risk_signal(floats(ratio))[0] == signal


@pytest.mark.parametrize(
    ("quantity", "q99", "signal"),
    [(4, 4.0, 0), (12, 4.0, 0.5), (20, 4.0, 1), (900, 4.0, 1), (900, np.nan, 0)],
)
def test_f11_by_times_the_q99(quantity: int, q99: float, signal: float) -> None:
    assert signals.quantity_signal(np.array([quantity]), floats(q99))[0] == signal


@pytest.mark.parametrize(
    ("given", "seen", "orders", "signal"),
    [
        (True, False, 3, 0.5),
        (True, False, 2, 0),
        (True, True, 3, 0),
        (False, False, 3, 0),
    ],
)
def test_f17_needs_a_new_country_and_a_known_customer(
    given: bool, seen: bool, orders: int, signal: float
) -> None:
    [found] = signals.country_signal(
        given=np.array([given]), seen=np.array([seen]), orders=np.array([orders])
    )

    assert found == signal


def test_shrinking_weighs_by_observations() -> None:
    # (10·6 + 20·3)/30; nothing of its own: the prior; no prior: its own.
    found = signals.shrunk(
        floats(6, np.nan, 6), np.array([10, 0, 10]), floats(3, 3, np.nan), weight=20
    )

    assert found.tolist() == [4.0, 3.0, 6.0]


def test_f2_runs_from_q95_to_q999_on_a_log_scale() -> None:
    amount = np.array([9.0, 10.0, 100.0, 1000.0, 5000.0, 0.0, 50.0])
    q95 = np.array([10.0] * 6 + [np.nan])

    values = signals.dear_signal(amount, q95=q95, q999=q95 * 100)

    # 100 is half of the way from 10 to 1,000 in logarithms.
    assert values.tolist() == pytest.approx([0, 0, 0.5, 1, 1, 0, 0])
    equal = np.array([10.0])
    assert signals.dear_signal(np.array([99.0]), q95=equal, q999=equal).tolist() == [0]


def test_f4_compares_a_days_value_with_the_largest_day() -> None:
    values = signals.day_value_signal(
        np.array([100, 250, 400, 900, 900]), np.array([100] * 4 + [0])
    )

    # (2.5 − 1)/3 = 0.5
    assert values.tolist() == pytest.approx([0, 0.5, 1, 1, 0])


def test_f9_begins_with_the_third_customer() -> None:
    assert signals.shared_signal(np.array([0, 1, 2, 3, 7, 9])).tolist() == pytest.approx(
        [0, 0, 0, 0.2, 1, 1]
    )


def test_f12_needs_a_long_gap_and_a_large_amount() -> None:
    gap = np.array([90.0, 91.0, 182.5, 400.0, 400.0, np.nan])
    amount = np.array([50.0, 50.0, 50.0, 50.0, 19.0, 50.0])
    median = np.log1p(np.array([10.0] * 5 + [np.nan]))

    values = signals.dormant_signal(gap, amount=amount, own_median=median)

    assert values.tolist() == pytest.approx([0, 91 / 365, 0.5, 1, 0, 0])


def test_an_amount_is_compared_with_genuine_ones_and_itself() -> None:
    cents = np.array([500, 500, 500, 0])
    lines, sums = np.array([0, 4, 99, 3]), np.array([0, 400, 9900, 300])

    # 5·5/(4 + 5); 5·100/(99 + 5): with much history nearly five times.
    assert signals.ratio_to_genuine(cents, lines, sums).tolist() == pytest.approx(
        [1, 25 / 9, 500 / 104, 0]
    )


def test_a_run_is_told_by_how_unexplained_it_is_or_by_its_age() -> None:
    once, again = signals.run_signals(
        age_days=np.array([np.nan, 8.0, 9.0]),
        unexplained=np.array([np.nan, 0.5, 1.0]),
        frauds=np.array([0, 1, 2]),
    )

    np.testing.assert_array_equal(once, [np.nan, 0.5, np.nan])
    np.testing.assert_array_equal(again, [np.nan, np.nan, 9.0])
    # An amount that makes fraud e² times as likely leaves e⁻² open.
    assert signals.unexplained_share(np.array([0.0, 2.0])).tolist() == pytest.approx([1, 0.1353353])
