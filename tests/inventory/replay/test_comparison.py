"""Figures of a replay worked by hand, and intervals around differences."""

from collections.abc import Iterator

import numpy as np
import pytest

from inventory.arrays import FloatArray
from inventory.replay.comparison import Course, course_of, differences, figures, weekly
from inventory.replay.simulation import Day
from tests.inventory.replay.worlds import world


def days_of(
    wanted: FloatArray, sold: FloatArray, on_hand: FloatArray, *, shelf_day: int = 0
) -> Iterator[Day]:
    for day in range(len(wanted)):
        yield Day(
            number=day,
            morning=on_hand[day] + sold[day],
            wanted=wanted[day],
            sold=sold[day],
            lost=wanted[day] - sold[day],
            on_hand=on_hand[day],
            ordered=np.ones_like(sold[day]) * (day == 0),
            on_shelf=np.array([day >= shelf_day]),
        )


def course(*, wanted: FloatArray, sold: FloatArray, on_hand: FloatArray) -> Course:
    """Return the course of one product, (days,) each, in one draw."""
    past = world(np.zeros((len(wanted), 1)))
    shaped = [units[:, None, None] for units in (wanted, sold, on_hand)]
    return course_of(days_of(*shaped), past, draws=1)


def test_figures_are_sums_means_and_peaks() -> None:
    # A unit costs 3.00 and earns 2.00; holding 0.25 a year of its cost; 8.00 a line.
    made = course(
        wanted=np.array([2.0, 4, 4, 0]),
        sold=np.array([2.0, 3, 0, 0]),
        on_hand=np.array([3.0, 0, 0, 8]),
    )

    found = figures(made)

    assert found["stockout_days"] == 2
    assert found["fill_rate"] == pytest.approx(5 / 10)
    assert (found["lost_units"], found["lost_margin"]) == (5, 10)
    assert found["stock_value"] == pytest.approx(3 * 11 / 4)
    assert (found["orders"], found["order_cost"]) == (1, 8)
    # The most is tied up on day 4, after its receipt: 8 units.
    assert found["peak_cash"] == 24
    assert found["holding_cost"] == pytest.approx(0.25 * 3 * 11 / 365)
    assert found["total_cost"] == pytest.approx(10 + 8 + 0.25 * 3 * 11 / 365)


def test_a_day_before_the_product_was_there_is_not_out_of_stock() -> None:
    past = world(np.zeros((3, 1)))
    none = np.zeros((3, 1, 1))

    made = course_of(days_of(none, none, none, shelf_day=2), past, draws=1)

    assert figures(made)["stockout_days"] == 1
    # Nothing was asked for: nothing was missed.
    assert figures(made)["fill_rate"] == 1


def test_the_same_course_does_not_differ() -> None:
    chance = np.random.default_rng(1)
    units = chance.poisson(3.0, 112).astype(float)
    made = course(wanted=units + 1, sold=units, on_hand=units)

    for difference in differences(made, made, seed=1).values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)


def test_a_constant_difference_is_certain_however_much_days_vary() -> None:
    # Paired: every block differs by one unit lost a day, though demand swings.
    chance = np.random.default_rng(1)
    units = chance.poisson(30.0, 120).astype(float)
    actual = course(wanted=units, sold=units - 5, on_hand=units)
    better = course(wanted=units, sold=units - 4, on_hand=units)

    found = differences(better, actual, seed=1)["lost_units"]

    assert found.value == -120
    assert [found.low, found.high] == pytest.approx([-120, -120])


def test_the_interval_covers_the_truth_as_often_as_it_says() -> None:
    # 60 worlds of independent daily differences with mean 1, so 364 in a year of 364 days.
    covered = 0
    for seed in range(60):
        chance = np.random.default_rng(seed)
        nothing = np.zeros(364)
        actual = course(wanted=np.full(364, 9.0), sold=np.full(364, 9.0), on_hand=nothing)
        lost = 1 + chance.choice([-1.0, 1.0], 364)
        worse = course(wanted=np.full(364, 9.0), sold=9 - lost, on_hand=nothing)
        found = differences(worse, actual, seed=seed)["lost_units"]
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 364 <= found.high

    # 13 blocks are few, so that a block bootstrap is a little too sure: 90 % would be 54.
    assert 44 <= covered <= 60


def test_too_few_days_have_no_interval() -> None:
    units = np.ones(55)
    made = course(wanted=units, sold=units, on_hand=units)

    assert differences(made, made, seed=1)["orders"].low is None


def test_weeks_are_means_and_the_last_may_be_short() -> None:
    made = course(
        wanted=np.array([1.0] * 7 + [0, 0]),
        sold=np.array([0.5] * 7 + [0, 0]),
        on_hand=np.array([7.0] + [0] * 6 + [2, 4]),
    )

    found = weekly(made)

    assert list(found.stock_value) == pytest.approx([3.0, 9.0])
    assert found.fill_rate == (0.5, None)


def test_json_and_back_is_the_same() -> None:
    units = np.arange(60.0)
    made = course(wanted=units, sold=units / 2, on_hand=units)

    again = Course.from_json(made.as_json())

    assert (again.daily == made.daily).all()
    assert (again.products == made.products).all()
