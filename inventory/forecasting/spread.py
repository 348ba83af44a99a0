"""How far demand scatters around its forecast: per product, drawn to its like, and calibrated.

A period's variance is a·ratio·mean + (k·mean)²: the scatter of single periods around their level,
and the doubt about the level itself, which a sum over many periods does not average away. The
ratio is the product's own, drawn towards that of products which sell as much; a (one for single
periods, one for sums) and k are those under which the past origins were likeliest.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.arrays import FloatArray, IntArray, sums_by
from inventory.forecasting.counts import log_likelihood
from inventory.forecasting.frequency import Frequency
from inventory.forecasting.levels import Histories

# Classes of products by level, for the ratio they are drawn towards.
_CLASSES = 12
# Sales that the class's ratio is worth against a product's own.
_PRIOR_SALES = 10.0
_MOST_SALES = 200.0
# Periods that tell a ratio at all.
_LEAST_PERIODS = 3.0
LEAST_RATIO = 1.02
# What is tried for a and k, and before anything is known.
_FACTORS = (0.7, 0.85, 1.0, 1.15, 1.3, 1.5, 1.75, 2.0, 2.5, 3.0)
_DOUBTS = (0.0, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.7)
_START = (1.0, 1.1, 0.2)
_LEAST_ROWS = 40


@dataclass(frozen=True, slots=True)
class Scatter:
    """(products,) each. ratio: variance to mean of a period around its level, 1 or more.

    level: units a period. periods: how many it was learned from, weighted by age.
    """

    ratio: FloatArray
    level: FloatArray
    periods: FloatArray


def scatter(histories: Histories, factors: FloatArray | None, frequency: Frequency) -> Scatter:
    """Return the weighted scatter of units around a level that moves with them.

    factors: the profile by phase, (products, season). The level around a period is the mean over
    `local` periods on both sides, so that neither trend nor season counts as scatter.
    """
    units, alive = histories.units, histories.alive
    periods = units.shape[1]
    factor = alive.astype(float)
    if factors is not None:
        phase = (np.arange(periods) - periods) % frequency.season
        factor *= factors[:, phase]
    first = np.maximum(np.arange(periods) - frequency.local, 0)
    last = np.minimum(np.arange(periods) + frequency.local + 1, periods)
    expected = factor * _window(units, first, last) / np.maximum(_window(factor, first, last), 1e-9)
    weight = 0.5 ** (np.arange(periods)[::-1] / frequency.spread_memory)
    units_by_weight = expected @ weight
    alive_weight = alive @ weight
    effective = alive_weight**2 / np.maximum(alive @ weight**2, 1e-9)
    # A level takes up one degree of freedom of its window.
    spent = 1 - 1 / np.minimum(2 * frequency.local + 1, np.maximum(histories.age, 2))
    ratio = np.ones(len(units))
    np.divide(
        ((units - expected) ** 2 * alive) @ weight,
        units_by_weight * np.maximum(spent, 0.3),
        out=ratio,
        where=units_by_weight > 0,
    )
    return Scatter(ratio, units_by_weight / np.maximum(alive_weight, 1e-9), effective)


def _window(values: FloatArray, first: IntArray, last: IntArray) -> FloatArray:
    sums = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=sums[:, 1:])
    window: FloatArray = sums[:, last] - sums[:, first]
    return window


def drawn_ratios(seen: Scatter) -> FloatArray:
    """Return each product's ratio drawn towards that of products selling as much, (products,)."""
    known = (seen.level > 0) & (seen.periods > _LEAST_PERIODS)
    if not known.any():
        return np.full(len(seen.level), LEAST_RATIO)
    size = np.log(np.maximum(seen.level, 1e-4))
    sales = np.minimum(seen.periods * np.minimum(seen.level, 1.0), _MOST_SALES) * known
    edges = np.quantile(size[known], np.linspace(0, 1, _CLASSES + 1)[1:-1])
    group = np.digitize(size, edges)
    told = _with_neighbours(sums_by(group, sales * seen.ratio, size=_CLASSES))
    by = _with_neighbours(sums_by(group, sales, size=_CLASSES))
    overall = told.sum() / by.sum()
    of_class = np.where(by > 0, told / np.maximum(by, 1e-12), overall)[group]
    ratio = (sales * seen.ratio + _PRIOR_SALES * of_class) / (sales + _PRIOR_SALES)
    return np.maximum(ratio, LEAST_RATIO)


def _with_neighbours(values: FloatArray) -> FloatArray:
    """Add half of each neighbouring class; the outermost are their own neighbours."""
    below = np.concatenate([values[:1], values[:-1]])
    above = np.concatenate([values[1:], values[-1:]])
    total: FloatArray = values + 0.5 * below + 0.5 * above
    return total


@dataclass(frozen=True, slots=True)
class Calibration:
    """period_factor, sum_factor: a for single periods and for sums; doubt: k, a share."""

    period_factor: float
    sum_factor: float
    doubt: float

    @classmethod
    def unknown(cls) -> Self:
        """Return what holds before anything could be compared."""
        return cls(*_START)

    def period_variance(self, mean: FloatArray, ratio: FloatArray) -> FloatArray:
        """Return the variance of single periods."""
        return _variance(mean, ratio, self.period_factor, self.doubt)

    def sum_variance(self, mean: FloatArray, ratio: FloatArray) -> FloatArray:
        """Return the variance of sums over periods."""
        return _variance(mean, ratio, self.sum_factor, self.doubt)


def _variance(mean: FloatArray, ratio: FloatArray, factor: float, doubt: float) -> FloatArray:
    variance: FloatArray = np.maximum(factor * ratio, LEAST_RATIO) * mean + (doubt * mean) ** 2
    return variance


def calibrated(
    *,
    ratio: FloatArray,
    sums: tuple[FloatArray, FloatArray],
    periods: tuple[FloatArray, FloatArray],
) -> Calibration:
    """Return the calibration under which what came was likeliest.

    ratio: (rows,) of the product. sums, periods: what came and what was said, (rows,) each, of
    sums over the target and of single periods.
    """
    if len(ratio) < _LEAST_ROWS:
        return Calibration.unknown()
    fits = []
    for doubt in _DOUBTS:
        of_sums, sum_factor = _best_factor(*sums, ratio, doubt)
        of_periods, period_factor = _best_factor(*periods, ratio, doubt)
        fits.append((of_sums + of_periods, Calibration(period_factor, sum_factor, doubt)))
    return max(fits, key=lambda fit: fit[0])[1]


def _best_factor(
    came: FloatArray, said: FloatArray, ratio: FloatArray, doubt: float
) -> tuple[float, float]:
    """Return the mean log likelihood under the best factor, and that factor."""
    return max((_score(came, said, ratio, factor, doubt), factor) for factor in _FACTORS)


def _score(
    came: FloatArray, said: FloatArray, ratio: FloatArray, factor: float, doubt: float
) -> float:
    return float(log_likelihood(came, said, _variance(said, ratio, factor, doubt)).mean())
