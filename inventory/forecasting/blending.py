"""How the candidates are combined: weights of the shop, then of each product, and corrections.

1. The shop's weights minimise the root mean squared error, each product by its own scale, over
   all products and origins (iteratively reweighted least squares, weights 0 or more that sum to
   1). A season is used when it lowers the squared error.
2. Drift: what demand grew beyond the blend over past horizons that do not overlap, drawn
   towards none by how much it varies between them.
3. Silence: what is left of the forecast of products that have been silent for much longer than
   chance allows, as it was for such products before.
4. A product's own weights: the posterior of each candidate, and of the blend, given its
   origins, with a tempered likelihood, as origins of one product say much the same. A
   method that led before keeps a head start, so that a lead changes hands only for a reason.

Source: Bates and Granger (1969), Operational Research Quarterly 20; for the tempering,
Grünwald and van Ommen (2017), Bayesian Analysis 12.
"""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray, IntArray, sums_by
from inventory.forecasting.counts import log_likelihood
from inventory.forecasting.origins import Origins

# Rows that the shop's weights are learned from, at most.
MOST_ROWS = 40_000
# How strongly weights are drawn towards equal ones, as a share of what the rows say.
_RIDGE = 0.01
_SUM_TO_ONE = 100.0
_ROUNDS = 3
# An error below this share of a product's scale counts as this.
_SMALLEST_ERROR = 0.05
# A season must lower the squared error by this share.
SEASON_GAIN = 0.002
# The drift that is believed at most, as a logarithm, and the fewest windows that tell one.
LARGEST_DRIFT = 0.1
_LEAST_WINDOWS = 3
_DRIFT_DOUBT = 0.02
# Windows after which one counts half.
_DRIFT_MEMORY = 2.0
# Sales missed in a row: from the first edge on silence is told from chance.
SILENCE_EDGES = (3.0, 5.0, 8.0)
_SILENCE_PRIOR = 5.0
# Half the prior is the blend's; no candidate is ruled out.
_BLEND_PRIOR = 0.5
_LEAST_PRIOR = 0.02
# Power of the likelihood, and the head start of the method that led before.
_TEMPER = 0.3
HEAD_START = 2.0


@dataclass(frozen=True, slots=True)
class Blend:
    """What is learned from all products. weights: (candidates,), sum 1.

    seasonal: whether profiles are used. drift: factor. silence: factor by SILENCE_EDGES, falling.
    """

    weights: FloatArray
    seasonal: bool
    drift: float
    silence: FloatArray

    def levels(self, origins: Origins) -> FloatArray:
        """Return the candidates' levels that the blend is made of, (rows, candidates)."""
        return origins.seasonal if self.seasonal else origins.plain

    def correction(self, silence: FloatArray) -> FloatArray:
        """Return the factor of drift and silence, per product or row."""
        factors = np.concatenate([[1.0], self.silence])
        return self.drift * factors[np.digitize(silence, SILENCE_EDGES)]


def equal_blend(candidates: int) -> Blend:
    """Return the blend of a shop with nothing to learn from."""
    return Blend(np.full(candidates, 1 / candidates), False, 1.0, np.ones(len(SILENCE_EDGES)))


def learn_blend(origins: Origins, windows: Origins | None) -> Blend:
    """Learn weights, season, drift and silence. windows: origins that do not overlap."""
    rows = origins.thinned(MOST_ROWS)
    plain = _shop_weights(rows, seasonal=False)
    weights, seasonal = plain, False
    if rows.has_season:
        with_season = _shop_weights(rows, seasonal=True)
        gain = 1 - _loss(rows, with_season, seasonal=True) / _loss(rows, plain, seasonal=False)
        if gain > SEASON_GAIN:
            weights, seasonal = with_season, True
    first = Blend(weights, seasonal, 1.0, np.ones(len(SILENCE_EDGES)))
    drift = 1.0 if windows is None else _drift(windows, first)
    drifting = Blend(weights, seasonal, drift, first.silence)
    return Blend(weights, seasonal, drift, _silence(rows, drifting))


def _moments(rows: Origins, *, seasonal: bool) -> tuple[FloatArray, FloatArray]:
    """Return means of factor² and factor·units over the horizon, by scale."""
    if seasonal:
        return rows.factor_square, rows.factor_units / rows.scale
    return np.ones(len(rows)), rows.mean / rows.scale


def _errors(rows: Origins, weights: FloatArray, *, seasonal: bool) -> FloatArray:
    """Return the mean squared error over the horizon by squared scale, (rows,)."""
    levels = rows.seasonal if seasonal else rows.plain
    square, cross = _moments(rows, seasonal=seasonal)
    level = levels @ weights / rows.scale
    squares = square * level**2 - 2 * cross * level + rows.square / rows.scale**2
    errors: FloatArray = np.maximum(squares, 0.0)
    return errors


def _loss(rows: Origins, weights: FloatArray, *, seasonal: bool) -> float:
    return float(_errors(rows, weights, seasonal=seasonal).mean())


def _shop_weights(rows: Origins, *, seasonal: bool) -> FloatArray:
    levels = (rows.seasonal if seasonal else rows.plain) / rows.scale[:, None]
    square, cross = _moments(rows, seasonal=seasonal)
    candidates = levels.shape[1]
    equal = np.full(candidates, 1 / candidates)
    weights = equal
    for _ in range(_ROUNDS):
        errors = _errors(rows, weights, seasonal=seasonal)
        importance = 1 / np.sqrt(errors + _SMALLEST_ERROR**2)
        gram = (levels * (importance * square)[:, None]).T @ levels
        target = levels.T @ (importance * cross)
        size = np.trace(gram) / candidates
        if size <= 0:
            return equal
        gram += size * (_RIDGE * np.eye(candidates) + _SUM_TO_ONE)
        target += size * (_RIDGE * equal + _SUM_TO_ONE)
        weights = non_negative_least_squares(gram, target)
        weights /= weights.sum()
    return weights


def non_negative_least_squares(gram: FloatArray, target: FloatArray) -> FloatArray:
    """Return x >= 0 that minimises ½·xᵀGx − tᵀx; gram positive definite.

    Active sets: the equations are solved for the free unknowns, one that would fall below 0 is
    held there, one that would gain by rising is freed.
    Source: Lawson and Hanson, Solving Least Squares Problems, chapter 23.
    """
    size = len(target)
    x = np.zeros(size)
    free = np.zeros(size, dtype=bool)
    for _ in range(10 * size):
        gradient = target - gram @ x
        gains = np.where(free, -np.inf, gradient)
        best = int(gains.argmax())
        if gains[best] <= 1e-10 * max(1.0, float(np.abs(target).max())):
            return x
        free[best] = True
        while free.any():
            wanted = np.zeros(size)
            wanted[free] = np.linalg.solve(gram[np.ix_(free, free)], target[free])
            falling = free & (wanted <= 0)
            if not falling.any():
                x = wanted
                break
            step = np.min(x[falling] / np.maximum(x[falling] - wanted[falling], 1e-300))
            x = x + step * (wanted - x)
            free &= x > 1e-14
            x[~free] = 0.0
    return x


def _drift(windows: Origins, blend: Blend) -> float:
    """Return by what factor demand passed the blend, over windows that do not overlap."""
    importance = 1 / np.sqrt(windows.scale)
    came = importance * windows.mean
    said = importance * (blend.levels(windows) @ blend.weights)
    if blend.seasonal:
        said = said * windows.factor
    count = int(windows.origin.max()) + 1
    came_by = sums_by(windows.origin, came, size=count)
    said_by = sums_by(windows.origin, said, size=count)
    seen = (said_by > 0) & (came_by > 0)
    if seen.sum() < _LEAST_WINDOWS:
        return 1.0
    logs = np.log(came_by[seen] / said_by[seen])
    weights = 0.5 ** (np.flatnonzero(seen) / _DRIFT_MEMORY)
    weights /= weights.sum()
    number = 1 / (weights**2).sum()
    mean = weights @ logs
    between = weights @ (logs - mean) ** 2 * number / (number - 1)
    # Of products: what their number leaves to chance.
    ratio = came.sum() / said.sum()
    by_product = sums_by(windows.product, came - ratio * said, size=int(windows.product.max()) + 1)
    chance = (by_product**2).sum() / came.sum() ** 2
    doubt = between / number * (1 + 2 / number) + chance + _DRIFT_DOUBT**2
    believed = mean * max(0.0, 1 - doubt / max(mean**2, 1e-12))
    return float(np.exp(np.clip(believed, -LARGEST_DRIFT, LARGEST_DRIFT)))


def _silence(rows: Origins, blend: Blend) -> FloatArray:
    """Return which share of the blend came to products as silent as that, 0 to 1, falling."""
    said = blend.drift * (blend.levels(rows) @ blend.weights) / rows.scale
    came = rows.mean / rows.scale
    edges = len(SILENCE_EDGES)
    group = np.digitize(rows.silence, SILENCE_EDGES)
    came_by = sums_by(group, came, size=edges + 1)[1:]
    said_by = sums_by(group, said, size=edges + 1)[1:]
    share = (came_by + _SILENCE_PRIOR) / (said_by + _SILENCE_PRIOR)
    return np.minimum.accumulate(np.minimum(1.0, share))


@dataclass(frozen=True, slots=True)
class OwnWeights:
    """Per product: weights (products, candidates), sum 1; what leads, and by how much.

    leader: (products,) 0 the blend, else the number of a candidate plus 1. share: (products,) its
    posterior, 0 to 1. gain: (products,) how much better than the blend it explains the origins,
    in nats of the tempered likelihood; 0 for the blend. origins: (products,) how many there were.
    """

    weights: FloatArray
    leader: IntArray
    share: FloatArray
    gain: FloatArray
    origins: IntArray


def own_weights(
    origins: Origins | None,
    blend: Blend,
    *,
    ratio: FloatArray,
    incumbent: IntArray,
) -> OwnWeights:
    """Return each product's posterior over the blend and the candidates.

    ratio: (products,) variance to mean of a period's units. incumbent: (products,) what led
    before, numbered as in OwnWeights; −1 where nothing did.
    """
    products, candidates = len(ratio), len(blend.weights)
    prior = np.concatenate(
        [[_BLEND_PRIOR], (1 - _BLEND_PRIOR) * np.maximum(blend.weights, _LEAST_PRIOR)]
    )
    log_posterior = np.tile(np.log(prior / prior.sum()), (products, 1))
    led = np.flatnonzero(incumbent >= 0)
    log_posterior[led, incumbent[led]] += np.log(HEAD_START)
    evidence = np.zeros((products, candidates + 1))
    count = np.zeros(products, dtype=np.int64)
    if origins is not None:
        evidence, count = _evidence(origins, blend, ratio=ratio)
    log_posterior += evidence
    log_posterior -= log_posterior.max(axis=1, keepdims=True)
    posterior = np.exp(log_posterior)
    posterior /= posterior.sum(axis=1, keepdims=True)
    leader = posterior.argmax(axis=1)
    rows = np.arange(products)
    return OwnWeights(
        weights=posterior[:, 1:] + posterior[:, :1] * blend.weights,
        leader=leader,
        share=posterior[rows, leader],
        gain=evidence[rows, leader] - evidence[:, 0],
        origins=count,
    )


def _evidence(origins: Origins, blend: Blend, *, ratio: FloatArray) -> tuple[FloatArray, IntArray]:
    """Return the tempered log likelihood of each origin's sum, by product and method."""
    levels = blend.levels(origins)
    factors = origins.factors if blend.seasonal else origins.target.astype(float)
    said = np.column_stack([levels @ blend.weights, levels]) * factors[:, None]
    variance = said * ratio[origins.product, None]
    likelihood = _TEMPER * log_likelihood(origins.came[:, None], said, variance)
    products = len(ratio)
    evidence = np.column_stack(
        [sums_by(origins.product, column, size=products) for column in likelihood.T]
    )
    return evidence, np.bincount(origins.product, minlength=products).astype(np.int64)
