"""What planners' words do to the days ahead."""

import numpy as np
import pytest

from inventory.forecasting.overrides import DemandOverride, overridden, rescaled


def test_a_factor_touches_its_days_alone() -> None:
    days = overridden(np.full(6, 2.0), [DemandOverride(first=2, last=3, factor=1.5)])

    assert days.tolist() == [2, 3, 3, 2, 2, 2]


def test_units_are_spread_as_the_forecast_is() -> None:
    days = overridden(np.array([1.0, 3.0, 5.0]), [DemandOverride(first=1, last=2, units=20)])

    assert days.tolist() == [5, 15, 5]


def test_units_are_spread_evenly_where_nothing_is_forecast() -> None:
    assert overridden(np.zeros(4), [DemandOverride(first=3, last=4, units=6)]).tolist() == [
        0,
        0,
        3,
        3,
    ]


def test_of_days_that_are_over_the_share_is_over() -> None:
    # Ten days, five of them over: half of the 40 units are left.
    days = overridden(np.full(8, 1.0), [DemandOverride(first=-4, last=5, units=40)])

    assert days.tolist() == [4, 4, 4, 4, 4, 1, 1, 1]


def test_the_later_word_holds_and_days_beyond_the_horizon_are_left() -> None:
    days = overridden(
        np.full(3, 2.0),
        [DemandOverride(first=1, last=9, factor=3), DemandOverride(first=2, last=2, factor=0)],
    )

    assert days.tolist() == [6, 0, 6]
    assert overridden(days, [DemandOverride(first=4, last=9, factor=5)]).tolist() == [6, 0, 6]


@pytest.mark.parametrize(
    ("machine", "mean", "expected"), [(10.0, 15.0, [6, 15, 30]), (0.0, 7.0, [7, 7, 7])]
)
def test_quantiles_follow_the_mean(machine: float, mean: float, expected: list[float]) -> None:
    assert rescaled(np.array([4.0, 10.0, 20.0]), machine, mean).tolist() == expected
