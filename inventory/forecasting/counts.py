"""Negative binomial demand by its mean and variance, for arrays: quantiles and likelihood.

Quantiles come from the recurrence of the probabilities, all products and levels at once, which
for slow demand takes a fraction of what inverting the distribution function does. Demand with a
large mean is measured rather than counted: a gamma with the same moments, rounded up.
SciPy is imported where it is used: every process imports this module and few forecast.
"""

import numpy as np

from inventory.arrays import FloatArray

# A variance below the mean is taken for a little above it: the limit is the Poisson.
LEAST_RATIO = 1.02
# Above this mean demand is measured.
COUNTED_BELOW = 100.0
# Probabilities beyond so many standard deviations are not worth another step.
_LONGEST_STEPS = 6000
_TOLERANCE = 1e-9


def quantiles(mean: FloatArray, variance: FloatArray, levels: FloatArray) -> FloatArray:
    """Return the smallest whole number x with F(x) >= level, (…, levels).

    mean, variance: of the same shape, 0 or more; the variance is raised to 1.02 times the mean.
    levels: rising, 0 < level < 1. Demand with mean 0 is 0.
    """
    flat_mean = np.ravel(np.asarray(mean, dtype=np.float64))
    flat_variance = np.maximum(np.ravel(variance), LEAST_RATIO * flat_mean)
    result = np.zeros((flat_mean.size, levels.size))
    counted = np.flatnonzero((flat_mean > 0) & (flat_mean < COUNTED_BELOW))
    measured = np.flatnonzero(flat_mean >= COUNTED_BELOW)
    if len(counted):
        result[counted] = _counted(flat_mean[counted], flat_variance[counted], levels)
    if len(measured):
        result[measured] = _measured(flat_mean[measured], flat_variance[measured], levels)
    return result.reshape(*np.shape(mean), levels.size)


def _counted(mean: FloatArray, variance: FloatArray, levels: FloatArray) -> FloatArray:
    """Step through x = 0, 1, 2, …: p(x + 1) = p(x)·(1 − p)·(x + r)/(x + 1)."""
    size = mean**2 / (variance - mean)
    share = mean / variance
    probability = np.exp(size * np.log(share))
    reached = probability.copy()
    result = np.zeros((mean.size, levels.size))
    rows = np.arange(mean.size)
    wanted = levels - _TOLERANCE
    for step in range(_LONGEST_STEPS):
        below = reached[:, None] < wanted
        open_rows = below[:, -1]
        if not open_rows.all():
            below, rows, size, share = (
                below[open_rows],
                rows[open_rows],
                size[open_rows],
                share[open_rows],
            )
            probability, reached = probability[open_rows], reached[open_rows]
        if not rows.size:
            return result
        result[rows] += below
        probability = probability * (1 - share) * ((step + size) / (step + 1))
        reached = reached + probability
    return _finished(result, rows, mean, variance, levels)


def _finished(
    result: FloatArray,
    rows: np.ndarray,
    mean: FloatArray,
    variance: FloatArray,
    levels: FloatArray,
) -> FloatArray:
    """Give demand with so long a tail that stepping ends before it the gamma's quantiles."""
    measured = _measured(mean[rows], variance[rows], levels)
    result[rows] = np.maximum(result[rows], measured)
    return result


def _measured(mean: FloatArray, variance: FloatArray, levels: FloatArray) -> FloatArray:
    from scipy.special import gammainccinv, gammaincinv

    shape, scale = (mean**2 / variance)[:, None], (variance / mean)[:, None]
    # The upper tail keeps its digits near 1.
    value = np.where(
        levels < 0.5,
        gammaincinv(shape, np.minimum(levels, 0.5)),
        gammainccinv(shape, 1 - np.maximum(levels, 0.5)),
    )
    raised: FloatArray = np.ceil(value * scale - _TOLERANCE)
    return raised


def log_likelihood(units: FloatArray, mean: FloatArray, variance: FloatArray) -> FloatArray:
    """Return ln P(units), the log score of a forecast: higher is better.

    units: 0 or more; parts of units count as the distribution's smooth continuation does. mean
    is raised to a ten-thousandth, so that what was held impossible costs a finite amount.
    """
    from scipy.special import gammaln

    mean = np.maximum(mean, 1e-4)
    ratio = np.maximum(variance / mean, LEAST_RATIO)
    size = mean / (ratio - 1)
    likelihood: FloatArray = (
        gammaln(units + size)
        - gammaln(size)
        - gammaln(units + 1)
        - size * np.log(ratio)
        + units * np.log1p(-1 / ratio)
    )
    return likelihood
