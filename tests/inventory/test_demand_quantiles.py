"""Tails and quantiles of the families against scipy.stats, which works them out another way."""

import numpy as np
import pytest
from scipy import stats

from inventory.arrays import FloatArray
from inventory.reorder import quantiles

LEVELS = np.array([0.001, 0.5, 0.8, 0.95, 0.995])


def grid(values: list[float]) -> tuple[FloatArray, FloatArray]:
    """Return every level beside every value."""
    level, value = np.meshgrid(LEVELS, np.array(values))
    return level.ravel(), value.ravel()


def test_poisson() -> None:
    level, mean = grid([1e-4, 0.3, 3, 40, 5_000])

    found = quantiles.poisson_quantile(level, mean)

    assert np.array_equal(found, stats.poisson.ppf(level, mean))
    for units in (found - 1, found, found + 7):
        expected = stats.poisson.sf(units, mean)
        assert quantiles.poisson_above(units, mean) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("share", [0.02, 0.3, 0.95])
def test_negative_binomial_of_any_size(share: float) -> None:
    level, size = grid([0.01, 0.5, 1.5, 30.25, 2_000])
    p = np.full_like(level, share)

    found = quantiles.negative_binomial_quantile(level, size, p)

    assert np.array_equal(found, stats.nbinom.ppf(level, size, p))
    for units in (found - 1, found, found + 7):
        expected = stats.nbinom.sf(units, size, p)
        assert quantiles.negative_binomial_above(units, size, p) == pytest.approx(
            expected, abs=1e-12
        )


def test_normal_and_gamma() -> None:
    level, mean = grid([0.5, 100.0, 9_000.0])
    sd = mean / 4
    shape, scale = mean, np.full_like(mean, 1.7)

    assert quantiles.normal_quantile(level, mean, sd) == pytest.approx(
        stats.norm.ppf(level, mean, sd)
    )
    assert quantiles.normal_above(mean * 1.1, mean, sd) == pytest.approx(
        stats.norm.sf(mean * 1.1, mean, sd)
    )
    assert quantiles.gamma_quantile(level, shape, scale) == pytest.approx(
        stats.gamma.ppf(level, shape, scale=scale)
    )
    assert quantiles.gamma_above(mean, shape, scale) == pytest.approx(
        stats.gamma.sf(mean, shape, scale=scale)
    )
