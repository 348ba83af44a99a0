"""Worked figures of the domain: lead times, and demand over them."""

import numpy as np
import pytest
from scipy.stats import norm

from inventory.reorder.distributions import (
    Family,
    FittedDemand,
    choose_families,
    gamma_parameters,
    negative_binomial,
    parametric,
)
from inventory.reorder.lead_times import protection_moments, shrunk
from inventory.reorder.service import (
    fill_rate,
)
from tests.inventory.reorder_inputs import fitted, interval, one

# --- 3.1 lead times -------------------------------------------------------------------------


def test_few_receipts_are_drawn_towards_the_supplier() -> None:
    # (3 x 10 + 5 x 6) / 8; no receipts leave the prior
    means = shrunk(np.array([10.0, np.nan]), np.array([3.0, 0.0]), np.array([6.0, 6.0]))

    assert means.tolist() == [7.5, 6.0]


def test_lengths_of_a_varying_lead_time_keep_its_mean_and_spread() -> None:
    weights = interval(10, 2, 7).lengths().weights[0]
    days = np.arange(len(weights))

    mean = (weights * days).sum()
    assert weights.sum() == pytest.approx(1)
    assert mean == pytest.approx(17, abs=0.02)
    # Rounding to whole days adds a twelfth to the variance.
    assert (weights * (days - mean) ** 2).sum() == pytest.approx(4 + 1 / 12, abs=0.05)


def test_no_lead_time_is_no_days() -> None:
    assert interval(0).lengths().weights[0, 0] == 1


# --- 3.2 and 3.5.1 protection interval, reorder point ---------------------------------------


@pytest.mark.parametrize(
    ("lead_sd", "review", "alpha", "sd", "reorder_point"),
    [
        (2, 0, 0.95, 44.272, 272.82),
        (0, 0, 0.95, 18.974, 231.21),
        (2, 7, 0.95, 47.032, 417.36),
        (2, 0, 0.90, 44.272, 256.74),
        (2, 0, 0.99, 44.272, 302.99),
    ],
)
def test_reorder_points_of_20_a_day_in_10_days(
    lead_sd: float, review: float, alpha: float, sd: float, reorder_point: float
) -> None:
    mean, variance = protection_moments(one(20), one(6), interval(10, lead_sd, review))
    demand = FittedDemand(parametric(mean, variance), mean, variance)

    assert demand.family[0] == Family.NORMAL
    assert np.sqrt(variance[0]) == pytest.approx(sd, abs=0.001)
    assert mean[0] + norm.ppf(alpha) * np.sqrt(variance[0]) == pytest.approx(
        reorder_point, abs=0.01
    )
    assert demand.quantile(one(alpha))[0] == np.ceil(reorder_point)


def test_units_short_and_fill_rate_of_the_first_case() -> None:
    demand = fitted(Family.NORMAL, 200, 44.272**2)

    short = demand.expected_above(one(272.82))

    assert short[0] == pytest.approx(0.925, abs=0.001)
    assert fill_rate(short, one(100))[0] == pytest.approx(0.9908, abs=0.0001)
    # For a fill rate of 0.98: k 1.3037
    assert fill_rate(demand.expected_above(one(257.72)), one(100))[0] == pytest.approx(
        0.98, abs=0.0001
    )


# --- 3.3 distributions ----------------------------------------------------------------------


def test_poisson_of_3() -> None:
    demand = fitted(Family.POISSON, 3, 3)

    assert demand.quantile(one(0.95))[0] == 6
    assert 1 - demand.above(one(6))[0] == pytest.approx(0.9665, abs=0.0001)


def test_negative_binomial_of_3_with_variance_9() -> None:
    demand = fitted(Family.NEGATIVE_BINOMIAL, 3, 9)

    size, share = negative_binomial(one(3), one(9))
    assert (size[0], share[0]) == (1.5, pytest.approx(1 / 3))
    assert demand.quantile(one(0.95))[0] == 9
    assert 1 - demand.above(one(9))[0] == pytest.approx(0.9598, abs=0.0001)


@pytest.mark.parametrize(
    ("demand_class", "mean", "variance", "family"),
    [
        ("lumpy", 3, 9, "empirical"),
        ("intermittent", 300, 9000, "empirical"),
        ("smooth", 3, 3.15, "poisson"),
        ("smooth", 3, 3.16, "negative_binomial"),
        ("erratic", 99.9, 900, "negative_binomial"),
        ("smooth", 100, 625, "normal"),
        ("erratic", 100, 626, "gamma"),
        ("new", 3, 9, "negative_binomial"),
        ("smooth", 0, 0, "none"),
    ],
)
def test_the_first_family_that_fits(
    demand_class: str, mean: float, variance: float, family: str
) -> None:
    chosen = choose_families(
        np.array([demand_class]), one(mean), one(variance), has_sales=np.array([True])
    )

    assert chosen[0] == family


def test_uneven_demand_without_a_sale_to_take_is_fitted() -> None:
    chosen = choose_families(np.array(["lumpy"]), one(3), one(9), has_sales=np.array([False]))

    assert chosen[0] == "negative_binomial"


@pytest.mark.parametrize("family", [f for f in Family if f not in {"none", "empirical"}])
def test_units_short_agree_with_the_sum_of_chances(family: Family) -> None:
    """E[(X - x)+] = sum, or integral, of P(X > u) from x on."""
    demand = fitted(family, 120, 300 if family != Family.POISSON else 120)
    step = 1.0 if family in {Family.POISSON, Family.NEGATIVE_BINOMIAL} else 0.01
    grid = np.arange(110, 400, step)
    # The same demand at each point of the grid.
    points = len(grid)
    wide = FittedDemand(
        family=np.repeat(demand.family, points),
        mean=np.repeat(demand.mean, points),
        variance=np.repeat(demand.variance, points),
    )

    total = wide.above(grid).sum() * step

    assert demand.expected_above(one(110))[0] == pytest.approx(total, abs=0.02)


def test_gamma_keeps_its_moments() -> None:
    shape, scale = gamma_parameters(one(200), one(90000))

    assert shape[0] * scale[0] == pytest.approx(200)
    assert shape[0] * scale[0] ** 2 == pytest.approx(90000)


def test_no_demand_needs_no_stock() -> None:
    demand = fitted(Family.NONE, 0, 0)

    assert demand.quantile(one(0.99))[0] == 0
    assert demand.above(one(0))[0] == 0
