"""Distributions of demand over an interval, by their mean and variance, for arrays of products."""

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from inventory.arrays import BoolArray, FloatArray, StrArray
from inventory.choices import DemandClass
from inventory.reorder.quantiles import (
    gamma_above,
    gamma_quantile,
    negative_binomial_above,
    negative_binomial_quantile,
    normal_above,
    normal_loss,
    normal_quantile,
    poisson_above,
    poisson_quantile,
)

# Variance up to this many times the mean is taken for Poisson. Domain 3.3.
POISSON_RATIO = 1.05
# Below this mean demand is counted, above it is measured. Domain 3.3.
COUNTS_BELOW = 100
# Up to this coefficient of variation the normal fits, beyond it the gamma. Domain 3.3, *tune*.
NORMAL_CV = 0.25
# What rounding may add to a whole number before it is rounded up.
ROUNDING = 1e-9


class Family(StrEnum):
    """Which distribution stands for demand over the interval."""

    NONE = "none"
    EMPIRICAL = "empirical"
    POISSON = "poisson"
    NEGATIVE_BINOMIAL = "negative_binomial"
    NORMAL = "normal"
    GAMMA = "gamma"


def choose_families(
    classes: StrArray, mean: FloatArray, variance: FloatArray, *, has_sales: BoolArray
) -> StrArray:
    """Return the Family per product: the first that fits, in the order of domain 3.3.

    classes: DemandClass values; intermittent and lumpy demand is taken as it was, if there are
    sales to take. Without any demand there is nothing to fit.
    """
    uneven = np.isin(classes, [DemandClass.INTERMITTENT.value, DemandClass.LUMPY.value])
    return np.where(uneven & has_sales, Family.EMPIRICAL.value, parametric(mean, variance))


def parametric(mean: FloatArray, variance: FloatArray) -> StrArray:
    """Return the Family per product from mean and variance alone."""
    nearly_level = np.sqrt(variance) <= NORMAL_CV * mean
    return np.select(
        [mean <= 0, variance <= POISSON_RATIO * mean, mean < COUNTS_BELOW, nearly_level],
        [
            Family.NONE.value,
            Family.POISSON.value,
            Family.NEGATIVE_BINOMIAL.value,
            Family.NORMAL.value,
        ],
        default=Family.GAMMA.value,
    )


@dataclass(frozen=True, slots=True)
class FittedDemand:
    """Parametric demand of products over an interval: family, mean and variance, (products,).

    Rows of family `none` or `empirical` are zero demand here.
    """

    family: StrArray
    mean: FloatArray
    variance: FloatArray

    def quantile(self, level: FloatArray) -> FloatArray:
        """Return the smallest whole number x with F(x) >= level, per product."""
        result = np.zeros_like(self.mean)
        for family, rows in self._rows():
            mean, variance, at = self.mean[rows], self.variance[rows], level[rows]
            match family:
                case Family.POISSON:
                    result[rows] = poisson_quantile(at, mean)
                case Family.NEGATIVE_BINOMIAL:
                    size, share = negative_binomial(mean, variance)
                    result[rows] = negative_binomial_quantile(at, size, share)
                case Family.NORMAL:
                    result[rows] = normal_quantile(at, mean, np.sqrt(variance))
                case Family.GAMMA:
                    shape, scale = gamma_parameters(mean, variance)
                    result[rows] = gamma_quantile(at, shape, scale)
        return np.maximum(0.0, np.ceil(result - ROUNDING))

    def above(self, units: FloatArray) -> FloatArray:
        """Return P(demand > units) per product; units 0 or more."""
        result = np.zeros_like(self.mean)
        for family, rows in self._rows():
            mean, variance, at = self.mean[rows], self.variance[rows], units[rows]
            match family:
                case Family.POISSON:
                    result[rows] = poisson_above(at, mean)
                case Family.NEGATIVE_BINOMIAL:
                    size, share = negative_binomial(mean, variance)
                    result[rows] = negative_binomial_above(at, size, share)
                case Family.NORMAL:
                    result[rows] = normal_above(at, mean, np.sqrt(variance))
                case Family.GAMMA:
                    shape, scale = gamma_parameters(mean, variance)
                    result[rows] = gamma_above(at, shape, scale)
        return result

    def expected_above(self, units: FloatArray) -> FloatArray:
        """Return E[(demand − units)⁺], units short, per product; units 0 or more.

        Normal: σ·G(k) with G(k) = φ(k) − k·(1 − Φ(k)). The others: μ·P'(> x) − x·P(> x), where
        P' is the same family with its first parameter raised by one (for counts, at x − 1).
        """
        result = np.zeros_like(self.mean)
        for family, rows in self._rows():
            mean, variance, at = self.mean[rows], self.variance[rows], units[rows]
            match family:
                case Family.POISSON:
                    result[rows] = mean * poisson_above(at - 1, mean) - at * poisson_above(at, mean)
                case Family.NEGATIVE_BINOMIAL:
                    size, share = negative_binomial(mean, variance)
                    result[rows] = mean * negative_binomial_above(
                        at - 1, size + 1, share
                    ) - at * negative_binomial_above(at, size, share)
                case Family.NORMAL:
                    result[rows] = normal_loss(at, mean=mean, sd=np.sqrt(variance))
                case Family.GAMMA:
                    shape, scale = gamma_parameters(mean, variance)
                    result[rows] = mean * gamma_above(at, shape + 1, scale) - at * gamma_above(
                        at, shape, scale
                    )
        return np.maximum(0.0, result)

    def _rows(self) -> list[tuple[Family, BoolArray]]:
        families = (Family.POISSON, Family.NEGATIVE_BINOMIAL, Family.NORMAL, Family.GAMMA)
        rows = [(family, self.family == family.value) for family in families]
        return [(family, mask) for family, mask in rows if mask.any()]


def negative_binomial(mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return size r = μ²/(σ² − μ) and share p = r/(r + μ); variance above mean."""
    size = mean**2 / (variance - mean)
    return size, size / (size + mean)


def gamma_parameters(mean: FloatArray, variance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return shape μ²/σ² and scale σ²/μ."""
    return mean**2 / variance, variance / mean
