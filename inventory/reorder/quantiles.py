"""Tails and quantiles of the families that stand for demand, for arrays of products.

Over scipy.special and not scipy.stats: faster for many products, and loaded with the first call,
so that servers start without it. Shapes of the arguments go together as in arithmetic.
"""

from collections.abc import Callable

import numpy as np

from inventory.arrays import FloatArray


def poisson_above(units: FloatArray, mean: FloatArray) -> FloatArray:
    """Return P(X > units); 1 below zero."""
    from scipy.special import pdtrc

    return np.where(units < 0, 1.0, pdtrc(np.maximum(units, 0.0), mean))


def poisson_quantile(level: FloatArray, mean: FloatArray) -> FloatArray:
    """Return the smallest whole k with P(X <= k) >= level, 0 < level < 1."""
    from scipy.special import pdtr, pdtrik

    def reached(units: FloatArray) -> FloatArray:
        return np.asarray(pdtr(units, mean), dtype=np.float64)

    return _smallest(np.asarray(pdtrik(level, mean), dtype=np.float64), reached, level)


def negative_binomial_above(units: FloatArray, size: FloatArray, share: FloatArray) -> FloatArray:
    """Return P(X > units) = 1 − I_p(r, units + 1); 1 below zero. r need not be whole."""
    from scipy.special import betaincc

    return np.where(units < 0, 1.0, betaincc(size, np.maximum(units, 0.0) + 1, share))


def negative_binomial_quantile(
    level: FloatArray, size: FloatArray, share: FloatArray
) -> FloatArray:
    """Return the smallest whole k with P(X <= k) >= level, 0 < level < 1."""
    from scipy.special import betainc, nbdtrik

    def reached(units: FloatArray) -> FloatArray:
        return np.asarray(betainc(size, units + 1, share), dtype=np.float64)

    return _smallest(np.asarray(nbdtrik(level, size, share), dtype=np.float64), reached, level)


def normal_above(units: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return P(X > units)."""
    from scipy.special import ndtr

    above: FloatArray = ndtr((mean - units) / sd)
    return above


def normal_quantile(level: FloatArray, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return x with P(X <= x) = level."""
    from scipy.special import ndtri

    quantile: FloatArray = mean + sd * ndtri(level)
    return quantile


def normal_loss(units: FloatArray, *, mean: FloatArray, sd: FloatArray) -> FloatArray:
    """Return σ·G(k), G(k) = φ(k) − k·(1 − Φ(k)), k = (units − μ)/σ: mean units short."""
    k = (units - mean) / sd
    density = np.exp(-(k**2) / 2) / np.sqrt(2 * np.pi)
    loss: FloatArray = sd * (density - k * normal_above(units, mean, sd))
    return loss


def gamma_above(units: FloatArray, shape: FloatArray, scale: FloatArray) -> FloatArray:
    """Return P(X > units); units 0 or more."""
    from scipy.special import gammaincc

    above: FloatArray = gammaincc(shape, units / scale)
    return above


def gamma_quantile(level: FloatArray, shape: FloatArray, scale: FloatArray) -> FloatArray:
    """Return x with P(X <= x) = level."""
    from scipy.special import gammaincinv

    quantile: FloatArray = scale * gammaincinv(shape, level)
    return quantile


def _smallest(
    guess: FloatArray, reached: Callable[[FloatArray], FloatArray], level: FloatArray
) -> FloatArray:
    """Return the smallest whole k with F(k) >= level, from a real solution of F(k) = level.

    The solution may be off by rounding, or missing where F(0) is above the level.
    """
    k = np.ceil(np.maximum(np.nan_to_num(guess, nan=0.0), 0.0))
    while (short := reached(k) < level).any():
        k = k + short
    while (long := (k > 0) & (reached(np.maximum(k - 1, 0.0)) >= level)).any():
        k = k - long
    return k
