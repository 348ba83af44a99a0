"""How good a forecast's past would have been: its own origins, judged by the sums over P."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray, sums_by
from inventory.forecasting import counts
from inventory.forecasting.confidence import MIN_ORIGINS
from inventory.forecasting.model import Forecast, said_at

LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_Q10, _Q90 = LEVELS.index(0.1), LEVELS.index(0.9)


@dataclass(frozen=True, slots=True)
class Backtest:
    """Per product: skill 0 to 1, coverage of [q10, q90] 0 to 1, WAPE, bias, origins judged.

    skill = 1 − Σ pinball loss / Σ that of the naive forecast, which repeats the last P days
    as certain. wape = Σ|outcome − mean| / Σ outcome, bias = Σ(mean − outcome) / Σ outcome; not
    a number where it is not judged or nothing came.
    """

    skill: FloatArray
    coverage: FloatArray
    wape: FloatArray
    bias: FloatArray
    origins: IntArray


def backtest(forecast: Forecast) -> Backtest:
    """Judge a forecast by up to 8 weekly origins, as its weights and spread are now.

    The weights were learned from the same origins, at a fraction of the likelihood, so that
    skill is somewhat flattering, and alike for all products. When the naive forecast was never
    wrong, skill is 1 if the model was not either, else 0. Fewer than 4 origins: skill and
    coverage 0.
    """
    products = len(forecast.level)
    rows = forecast.origins
    if rows is None:
        nothing, unknown = np.zeros(products), np.full(products, np.nan)
        return Backtest(nothing, nothing, unknown, unknown, np.zeros(products, dtype=np.int64))
    factors = rows.factors if forecast.blend.seasonal else rows.target.astype(np.float64)
    mean = said_at(rows, forecast.blend, forecast.own.weights) * factors
    parts = forecast.parts[rows.product]
    variance = forecast.calibration.sum_variance(mean, forecast.ratio[rows.product])
    quantiles = counts.quantiles(mean / parts, variance / parts**2, np.array(LEVELS))
    quantiles *= parts[:, None]

    def by_product(values: FloatArray) -> FloatArray:
        return sums_by(rows.product, values, size=products)

    came = by_product(rows.came)
    origins = by_product(np.ones(len(rows)))
    loss = by_product(_pinball(rows.came, quantiles))
    naive_loss = by_product(_pinball(rows.came, rows.before[:, None]))
    inside = (rows.came >= quantiles[:, _Q10]) & (rows.came <= quantiles[:, _Q90])
    judged = origins >= MIN_ORIGINS
    return Backtest(
        skill=np.where(judged, _skill(loss, naive_loss), 0.0),
        coverage=np.where(
            judged, by_product(inside.astype(np.float64)) / np.maximum(origins, 1), 0.0
        ),
        wape=_share(by_product(np.abs(rows.came - mean)), came, judged),
        bias=_share(by_product(mean - rows.came), came, judged),
        origins=origins.astype(np.int64),
    )


def _share(part: FloatArray, whole: FloatArray, judged: BoolArray) -> FloatArray:
    share = np.full(len(part), np.nan)
    np.divide(part, whole, out=share, where=judged & (whole > 0))
    return share


def _pinball(outcome: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Return the pinball loss summed over LEVELS, per row; quantiles broadcast."""
    levels = np.array(LEVELS)
    error = outcome[:, None] - quantiles
    loss: FloatArray = np.maximum(levels * error, (levels - 1) * error).sum(axis=1)
    return loss


def _skill(loss: FloatArray, naive_loss: FloatArray) -> FloatArray:
    ratio = np.where(loss > 0, 1.0, 0.0)
    np.divide(loss, naive_loss, out=ratio, where=naive_loss > 0)
    skill: FloatArray = np.clip(1 - ratio, 0, 1)
    return skill
