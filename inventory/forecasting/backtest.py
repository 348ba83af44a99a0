"""What the forecast would have said on past days, against what came: a rolling origin."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.summed_demand import DayWeights

ORIGINS = 8
STEP_DAYS = 7
# Fewer outcomes say nothing about a forecast.
MIN_ORIGINS = 4
# Interval forecasts are judged over this many days at most: longer ones leave too few origins.
LONGEST_TARGET_DAYS = 28
LEVELS = (0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_Q10, _Q90 = LEVELS.index(0.1), LEVELS.index(0.9)


@dataclass(frozen=True, slots=True)
class SummedForecast:
    """A forecast of demand over some days: mean (products,), quantiles (products, LEVELS)."""

    mean: FloatArray
    quantiles: FloatArray


# Demand as known at an origin, and the length to sum over.
Forecaster = Callable[[Demand, DayWeights], SummedForecast]


@dataclass(frozen=True, slots=True)
class Backtest:
    """Per product: skill 0 to 1, coverage of [q10, q90] 0 to 1, WAPE, origins judged.

    wape = Σ|outcome − mean| / Σ outcome; not a number where it is not judged or nothing came.
    """

    skill: FloatArray
    coverage: FloatArray
    wape: FloatArray
    origins: IntArray


def backtest(
    demand: Demand, forecaster: Forecaster, *, target_days: IntArray, min_history_days: int
) -> Backtest:
    """Judge a forecaster of summed demand on up to 8 past weeks.

    target_days: (products,) days to sum over, 1 to 28. An origin counts for a product with
    min_history_days before it. skill = 1 − Σ pinball loss / Σ that of the naive forecast, which
    repeats the last target_days as certain; 0 with fewer than 4 origins. When the naive
    forecast was never wrong, skill is 1 if the model was not either, else 0.
    """
    products = demand.units.shape[1]
    target_days = np.clip(target_days, 1, LONGEST_TARGET_DAYS)
    longest = int(target_days.max(initial=1))
    length = DayWeights(np.eye(longest + 1)[target_days])
    cumulated = np.vstack([np.zeros(products), np.cumsum(demand.units, axis=0)])
    loss, naive_loss = np.zeros(products), np.zeros(products)
    error, came = np.zeros(products), np.zeros(products)
    inside, origins = np.zeros(products), np.zeros(products, dtype=np.int64)
    for origin in range(ORIGINS):
        days_ago = longest + STEP_DAYS * origin
        known = demand.until(days_ago)
        if known.days < min_history_days:
            break
        counts = (known.history_days >= min_history_days) & (known.days >= target_days)
        forecast = forecaster(known, length)
        quantiles = forecast.quantiles
        outcome = _sum_from(cumulated, known.days, target_days)
        naive = _sum_from(cumulated, np.maximum(0, known.days - target_days), target_days)
        error += counts * np.abs(outcome - forecast.mean)
        came += counts * outcome
        loss += counts * _pinball(outcome, quantiles)
        naive_loss += counts * _pinball(outcome, naive[:, None])
        within = (outcome >= quantiles[:, _Q10]) & (outcome <= quantiles[:, _Q90])
        inside += counts & within
        origins += counts
    judged = origins >= MIN_ORIGINS
    wape = np.full(products, np.nan)
    np.divide(error, came, out=wape, where=judged & (came > 0))
    return Backtest(
        skill=np.where(judged, _skill(loss, naive_loss), 0.0),
        coverage=np.where(judged, inside / np.maximum(origins, 1), 0.0),
        wape=wape,
        origins=origins,
    )


def _sum_from(cumulated: FloatArray, first: int | IntArray, days: IntArray) -> FloatArray:
    """Return the demand of `days` days from day `first` on, per product."""
    products = np.arange(cumulated.shape[1])
    sums: FloatArray = cumulated[first + days, products] - cumulated[first, products]
    return sums


def _pinball(outcome: FloatArray, quantiles: FloatArray) -> FloatArray:
    """Return the pinball loss summed over LEVELS, per product; quantiles broadcast."""
    levels = np.array(LEVELS)
    error = outcome[:, None] - quantiles
    loss: FloatArray = np.maximum(levels * error, (levels - 1) * error).sum(axis=1)
    return loss


def _skill(loss: FloatArray, naive_loss: FloatArray) -> FloatArray:
    ratio = np.where(loss > 0, 1.0, 0.0)
    np.divide(loss, naive_loss, out=ratio, where=naive_loss > 0)
    skill: FloatArray = np.clip(1 - ratio, 0, 1)
    return skill
