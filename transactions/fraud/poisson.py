"""The upper tail of the Poisson distribution, without the import time of SciPy."""

import math

import numpy as np

from transactions.fraud.frame import Flags, Floats, Ints


def poisson_tail(least: Ints, mean: Floats) -> Floats:
    """Return P(X ≥ least) for X Poisson with this mean; arrays of one shape.

    least: 0 or more; mean: 0 or more. Equals the regularised lower incomplete gamma function
    P(least, mean), Abramowitz and Stegun 26.4.21. Sums the shorter tail outwards from its
    largest term, so that a tiny probability is as exact as a large one (relative error < 1e-12).
    """
    k, m = np.broadcast_arrays(least, mean)
    tail = np.where(k > 0, 0.0, 1.0)
    asked = (k > 0) & (m > 0)
    upper = asked & (m < k)
    tail[upper] = _sum_of_terms(k[upper], m[upper], upwards=True)
    lower = asked & (m >= k)
    tail[lower] = 1.0 - _sum_of_terms(k[lower] - 1, m[lower], upwards=False)
    return tail


def _sum_of_terms(first: Ints, mean: Floats, *, upwards: bool) -> Floats:
    """Return Σ e^−m·mⁱ/i! from i = first upwards, or from i = first down to 0."""
    distinct, back = np.unique(first, return_inverse=True)
    log_factorial = np.array([math.lgamma(i + 1) for i in distinct.tolist()])[back]
    term = np.exp(first * np.log(mean) - mean - log_factorial)
    total: Floats = term.copy()
    index = first.astype(np.float64)
    left: Ints = np.arange(len(total))
    while len(left):
        if upwards:
            index[left] += 1
            term[left] *= mean[left] / index[left]
        else:
            term[left] *= index[left] / mean[left]
            index[left] -= 1
        total[left] += term[left]
        still: Flags = term[left] > total[left] * 1e-17
        left = left[still]
    return total
