"""What customers will order and what an order will be worth: BG/NBD and gamma–gamma.

Plain arrays in, plain arrays out, one entry a customer; times in weeks. A customer is described
by x, the days with an order after the first one, t_x, when the last of them was, and T, how long
ago the first was, both counted from the first.

SciPy is imported where it is used: every process imports this module and few fit.

Sources: Fader, Hardie and Lee (2005), "Counting Your Customers" the Easy Way, Marketing Science
24(2), equations 6 and 10; Fader and Hardie (2013), The Gamma-Gamma Model of Monetary Value.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Fewer repeat customers say too little of four parameters.
FEWEST = 50
# More add nothing to the parameters and cost time.
MOST = 20_000
_BOUNDS = (-8.0, 8.0)
# At a = 1 the expectation has a removable singularity.
_NEAR_ONE = 1e-6


@dataclass(frozen=True, slots=True)
class OrderModel:
    """BG/NBD: order rates are gamma(r, alpha) over customers, the chance to leave after an order
    is beta(a, b). All > 0. log_likelihood: of the customers it was fitted to.
    """

    r: float
    alpha: float
    a: float
    b: float
    log_likelihood: float = 0.0

    def alive(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Return the chance, 0 to 1, that each customer still orders; 1 before a repeat order."""
        return np.asarray(1 / (1 + self._gone(x, t_x, age)), dtype=np.float64)

    def expected_orders(self, x: Floats, t_x: Floats, age: Floats, *, ahead: float) -> Floats:
        """Return how many order days each customer is expected to have in the `ahead` weeks to
        come, equation 10."""
        from scipy.special import hyp2f1

        a = self.a if abs(self.a - 1) > _NEAR_ONE else 1 + _NEAR_ONE
        grown = self.alpha + age + ahead
        series = hyp2f1(self.r + x, self.b + x, a + self.b + x - 1, ahead / grown)
        left = 1 - ((self.alpha + age) / grown) ** (self.r + x) * series
        orders = (a + self.b + x - 1) / (a - 1) * left / (1 + self._gone(x, t_x, age))
        return np.asarray(np.maximum(orders, 0), dtype=np.float64)

    def _gone(self, x: Floats, t_x: Floats, age: Floats) -> Floats:
        """Odds that a customer with repeat orders has left."""
        odds = self.a / (self.b + np.maximum(x, 1) - 1)
        waited = ((self.alpha + age) / (self.alpha + t_x)) ** (self.r + x)
        return np.where(x > 0, odds * waited, 0.0)


@dataclass(frozen=True, slots=True)
class ValueModel:
    """Gamma–gamma: an order's value is gamma(p, ν), and ν is gamma(q, v) over customers.

    p, v > 0, q > 1 for a mean to exist.
    """

    p: float
    q: float
    v: float
    log_likelihood: float = 0.0

    def expected_value(self, x: Floats, mean: Floats) -> Floats:
        """Return what an order of each customer is expected to be worth.

        mean: of the values of its x repeat orders; what it is for x = 0 does not count.
        """
        return np.asarray(
            self.p * (self.v + x * mean) / (self.p * x + self.q - 1), dtype=np.float64
        )


def fit_orders(x: Floats, t_x: Floats, age: Floats) -> OrderModel | None:
    """Return the most likely BG/NBD; None for too few customers with a repeat order."""
    if np.count_nonzero(x > 0) < FEWEST:
        return None
    from scipy.special import gammaln

    x, t_x, age = _sample(x, t_x, age)

    def unlikely(logs: Floats) -> float:
        r, alpha, a, b = np.exp(logs)
        # Equation 6, the sum of two powers taken in logarithms.
        stay = -(r + x) * np.log(alpha + age)
        leave = np.log(a) - np.log(b + np.maximum(x, 1) - 1) - (r + x) * np.log(alpha + t_x)
        whole = np.where(x > 0, np.logaddexp(stay, leave), stay)
        rate = gammaln(r + x) - gammaln(r) + r * np.log(alpha)
        share = gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
        return float(-np.mean(rate + share + whole))

    logs, value = _most_likely(unlikely, np.zeros(4))
    r, alpha, a, b = np.exp(logs).tolist()
    return OrderModel(r, alpha, a, b, log_likelihood=-value * len(x))


def fit_values(x: Floats, mean: Floats) -> ValueModel | None:
    """Return the most likely gamma–gamma of the customers with repeat orders of some value.

    None for too few of them.
    """
    usable = (x > 0) & (mean > 0)
    if np.count_nonzero(usable) < FEWEST:
        return None
    from scipy.special import gammaln

    x, mean = _sample(x[usable], mean[usable])
    # Likelihood does not depend on the unit of money; one near 1 suits the search.
    unit = float(np.median(mean))
    scaled = mean / unit

    def unlikely(logs: Floats) -> float:
        p, above_one, v = np.exp(logs)
        q = 1 + above_one
        likely = (
            gammaln(p * x + q)
            - gammaln(p * x)
            - gammaln(q)
            + q * np.log(v)
            + (p * x - 1) * np.log(scaled)
            + p * x * np.log(x)
            - (p * x + q) * np.log(v + x * scaled)
        )
        return float(-np.mean(likely))

    logs, value = _most_likely(unlikely, np.zeros(3))
    p, above_one, v = np.exp(logs).tolist()
    total = -value * len(x) - len(x) * np.log(unit)
    return ValueModel(p, 1 + above_one, v * unit, log_likelihood=float(total))


def correlation(x: Floats, mean: Floats) -> float | None:
    """Return how order count and order value go together, -1 to 1, over repeat customers.

    Gamma–gamma assumes that they do not. None where either is the same for all.
    """
    usable = (x > 0) & (mean > 0)
    x, mean = x[usable], mean[usable]
    if len(x) < 2 or np.ptp(x) == 0 or np.ptp(mean) == 0:
        return None
    return float(np.corrcoef(x, mean)[0, 1])


def _sample(*columns: Floats) -> list[Floats]:
    """Return at most MOST customers, evenly spread over their keys: the same ones each time."""
    step = -(-len(columns[0]) // MOST)
    return [column[::step] for column in columns]


def _most_likely(unlikely: Callable[[Floats], float], start: Floats) -> tuple[Floats, float]:
    from scipy.optimize import minimize

    found: Any = minimize(
        unlikely,
        start,
        method="L-BFGS-B",
        bounds=[_BOUNDS] * len(start),
        # Parameters that trade off against each other lie in a flat valley.
        options={"ftol": 1e-12, "gtol": 1e-7},
    )
    return np.asarray(found.x, dtype=np.float64), float(found.fun)
