"""Negative binomial demand: quantiles and likelihood, against SciPy's own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import nbinom

from inventory.forecasting.counts import log_likelihood, quantiles
from inventory.reorder.distributions import FittedDemand, parametric

LEVELS = np.array([0.025, 0.1, 0.5, 0.9, 0.975, 0.995])


def test_the_domain_s_oracle() -> None:
    # Mean 3, variance 9: r 1.5, p 1/3, F(9) = 0.9598 (domain 3.5)
    assert quantiles(np.array([3.0]), np.array([9.0]), np.array([0.95]))[0, 0] == 9


@given(
    mean=st.floats(0.001, 99),
    ratio=st.floats(1.03, 30),
)
def test_counted_quantiles_are_scipy_s(mean: float, ratio: float) -> None:
    variance = mean * ratio
    size = mean**2 / (variance - mean)

    found = quantiles(np.array([mean]), np.array([variance]), LEVELS)[0]

    # Where F meets a level to the last digit either neighbour is right.
    below = nbinom.cdf(found - 1, size, mean / variance)
    assert (nbinom.cdf(found, size, mean / variance) >= LEVELS - 1e-8).all()
    assert ((found == 0) | (below < LEVELS + 1e-8)).all()


def test_large_demand_is_measured_as_the_planner_measures_it() -> None:
    mean, variance = np.array([400.0]), np.array([40_000.0])

    found = quantiles(mean, variance, np.array([0.5, 0.9]))[0]

    fitted = FittedDemand(parametric(mean, variance), mean, variance)
    assert found[1] == fitted.quantile(np.array([0.9]))[0]
    assert 300 < found[0] < 400


def test_no_demand_is_zero_and_a_small_variance_is_raised() -> None:
    found = quantiles(np.array([0.0, 2.0]), np.array([0.0, 0.0]), LEVELS)

    assert not found[0].any()
    # Nearly Poisson(2): F(5) = 0.983, F(4) = 0.947
    assert found[1, 4] == 5


def test_the_likelihood_is_scipy_s() -> None:
    units, mean, variance = np.array([0.0, 3.0, 40.0]), np.full(3, 5.0), np.full(3, 20.0)

    expected = nbinom.logpmf(units, 25 / 15, 0.25)

    assert log_likelihood(units, mean, variance) == pytest.approx(expected)
