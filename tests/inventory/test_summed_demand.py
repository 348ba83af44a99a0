"""Demand over several days: exact on cases worked by hand, and as a bootstrap would have it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from inventory.arrays import FloatArray
from inventory.forecasting.summed_demand import (
    MAX_BINS,
    DayWeights,
    SummedDemand,
    summed_demand,
    summed_demand_quantiles,
)


def column(*units: float) -> FloatArray:
    """Return one product's days as a matrix."""
    return np.array(units, dtype=float)[:, None]


def over(units: FloatArray, days: int) -> SummedDemand:
    """Return the only distribution there is."""
    [demand] = summed_demand(units, [DayWeights.exactly(days)])
    return demand


def test_two_days_of_a_coin() -> None:
    # 0 or 1 with equal chance: 0, 1, 2 with 1/4, 1/2, 1/4
    [[quantiles]] = summed_demand_quantiles(
        column(0, 1), [DayWeights.exactly(2)], [0.25, 0.26, 0.75, 0.76]
    )

    assert list(quantiles) == [0, 1, 1, 2]


def test_chance_and_units_above() -> None:
    demand = over(column(0, 1), 2)

    # P(> 0) = 3/4, P(> 1) = 1/4; E[(X - 0)+] = 1, E[(X - 1)+] = 1/4
    for units, chance, short in [(0, 0.75, 1.0), (1, 0.25, 0.25), (2, 0.0, 0.0), (99, 0.0, 0.0)]:
        at = np.array([float(units)])
        assert demand.above(at)[0] == pytest.approx(chance)
        assert demand.expected_above(at)[0] == pytest.approx(short)


def test_a_length_that_varies_mixes_its_lengths() -> None:
    # One day with 0.75, two days with 0.25, of a certain unit a day: 1 or 2.
    weights = DayWeights(np.array([0, 0.75, 0.25]))

    [[quantiles]] = summed_demand_quantiles(column(1, 1), [weights], [0.75, 0.76])

    assert list(quantiles) == [1, 2]


def test_lengths_may_differ_by_product() -> None:
    units = np.array([[2.0, 2.0], [2.0, 2.0]])
    lengths = DayWeights(np.array([[0, 1, 0, 0], [0, 0, 0, 1.0]]))

    [quantiles] = summed_demand_quantiles(units, [lengths], [0.5])

    assert quantiles.tolist() == [[2.0], [6.0]]


def test_no_demand_has_no_distribution_and_quantiles_of_zero() -> None:
    units = np.zeros((56, 2))

    assert list(summed_demand(units, [DayWeights.exactly(7)])) == []
    assert not summed_demand_quantiles(units, [DayWeights.exactly(7)], [0.99]).any()


def test_a_level_for_each_product() -> None:
    demand = over(np.array([[0.0, 0.0], [1.0, 1.0]]), 2)

    assert demand.quantile(np.array([0.25, 0.9])).tolist() == [0, 2]


def test_large_sums_are_binned_within_their_promise() -> None:
    units = np.random.default_rng(1).integers(0, 9000, size=(56, 1)).astype(float)

    exact = np.random.default_rng(2).choice(units[:, 0], size=(400_000, 8)).sum(axis=1)
    [[quantiles]] = summed_demand_quantiles(units, [DayWeights.exactly(8)], [0.1, 0.5, 0.95])

    # One 2000th of the largest possible sum, and the error of 400,000 draws.
    allowed = units.max() * 8 / (MAX_BINS / 2) + 60
    assert np.abs(quantiles - np.quantile(exact, [0.1, 0.5, 0.95])).max() < allowed


def test_a_bootstrap_by_drawing_agrees() -> None:
    days = np.random.default_rng(3).poisson(0.4, size=56).astype(float)
    drawn = np.random.default_rng(4).choice(days, size=(200_000, 8)).sum(axis=1)

    demand = over(days[:, None], 8)

    for units in range(6):
        assert demand.above(np.array([float(units)]))[0] == pytest.approx(
            (drawn > units).mean(), abs=0.004
        )


@given(
    st.lists(st.integers(0, 30), min_size=1, max_size=56),
    st.integers(1, 40),
    st.floats(0.01, 0.99),
)
def test_a_product_gets_the_same_answer_in_any_company(
    days: list[int], length: int, level: float
) -> None:
    alone = column(*days)
    others = np.tile(alone * 300 + 7, (1, 3))
    weights = np.zeros((4, 121))
    weights[:, length] = 1
    weights[1:, 120] = 1
    weights /= weights.sum(axis=1, keepdims=True)

    [[[by_itself]]] = summed_demand_quantiles(alone, [DayWeights.exactly(length)], [level])
    [quantiles] = summed_demand_quantiles(
        np.hstack([alone, others]), [DayWeights(weights)], [level]
    )

    assert quantiles[0, 0] == by_itself


@given(st.lists(st.integers(0, 12), min_size=1, max_size=30), st.integers(1, 20))
def test_quantiles_rise_and_lie_within_what_is_possible(days: list[int], length: int) -> None:
    levels = [0.025, 0.5, 0.9, 0.995]

    [[quantiles]] = summed_demand_quantiles(column(*days), [DayWeights.exactly(length)], levels)

    assert (np.diff(quantiles) >= 0).all()
    assert min(days) * length <= quantiles[0]
    assert quantiles[-1] <= max(days) * length
