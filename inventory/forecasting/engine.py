"""Predictions of all products: mean and empirical quantiles of the newest 56 days."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray, StrArray
from inventory.forecasting.backtest import LEVELS as BACKTEST_LEVELS
from inventory.forecasting.backtest import SummedForecast, backtest
from inventory.forecasting.confidence import confidence_parts
from inventory.forecasting.demand import Demand
from inventory.forecasting.demand_class import NEW_DAYS, demand_classes
from inventory.forecasting.summed_demand import DayWeights, summed_demand_quantiles
from inventory.reorder.distributions import FittedDemand, parametric
from inventory.reorder.lead_times import Interval, protection_moments

# Domain 4.5.
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
HORIZONS_DAYS = (7, 14, 28)
# Eight whole weeks: on a year of grocery sales shorter is noisier, longer follows trends late
# (docs/domain/forecasting.md).
WINDOW_DAYS = 56
# Days to load so that every backtest origin has its window, and silence can be told.
HISTORY_DAYS = 180
# A new product's own days count against as many of its category's. Judgement, 2026-11.
NEW_PRIOR_DAYS = 14

MODEL_RECENT = "mean56"
MODEL_NEW = "category"


@dataclass(frozen=True, slots=True)
class Predictions:
    """Per product, (products,) each; quantiles (7, 14, 28 days and P; products; levels) in units.

    predicted: mean demand over P. daily_mean, daily_sd: of one day, units. skill, coverage,
    confidence: 0 to 1, see confidence_parts. wape: of the backtest. history_days: days since
    the first sale or receipt.
    """

    model: StrArray
    demand_class: StrArray
    predicted: FloatArray
    daily_mean: FloatArray
    daily_sd: FloatArray
    protection_days: FloatArray
    quantiles: FloatArray
    skill: FloatArray
    coverage: FloatArray
    confidence: FloatArray
    wape: FloatArray
    history_days: IntArray


def predict(demand: Demand, interval: Interval, *, categories: IntArray) -> Predictions:
    """Predict demand over 7, 14 and 28 days and over each product's protection interval.

    categories: (products,) a number a category. A product with 56 days of history or more gets
    mean, sd and the bootstrap of its newest 56 days. A newer one has its mean drawn towards its
    category's and a count distribution around it; one that never was on the shelf gets 0.
    """
    window = demand.newest(WINDOW_DAYS)
    is_new = demand.history_days < NEW_DAYS
    mean, sd = window.mean(axis=0), window.std(axis=0, ddof=1)
    if is_new.any():
        mean, sd = _with_new(demand, mean, sd, is_new=is_new, categories=categories)
    quantiles = _quantiles(window, interval, mean=mean, sd=sd, is_new=is_new)
    judged = backtest(
        demand,
        _bootstrap,
        target_days=np.rint(interval.days).astype(np.int64),
        min_history_days=WINDOW_DAYS,
    )
    parts = confidence_parts(judged.skill, judged.coverage)
    return Predictions(
        model=np.where(is_new, MODEL_NEW, MODEL_RECENT),
        demand_class=demand_classes(demand),
        predicted=mean * interval.days,
        daily_mean=mean,
        daily_sd=sd,
        protection_days=interval.days,
        quantiles=quantiles,
        skill=judged.skill,
        coverage=judged.coverage,
        confidence=np.asarray(parts.confidence),
        wape=judged.wape,
        history_days=demand.history_days,
    )


def _bootstrap(demand: Demand, length: DayWeights) -> SummedForecast:
    """Return what the backtest judges: mean and quantiles of the newest 56 days known."""
    window = demand.newest(WINDOW_DAYS)
    days = length.weights @ np.arange(length.weights.shape[-1])
    return SummedForecast(
        mean=window.mean(axis=0) * days,
        quantiles=summed_demand_quantiles(window, [length], BACKTEST_LEVELS)[0],
    )


def _with_new(
    demand: Demand,
    mean: FloatArray,
    sd: FloatArray,
    *,
    is_new: BoolArray,
    categories: IntArray,
) -> tuple[FloatArray, FloatArray]:
    """Return mean and sd with those of new products drawn towards their category.

    mean = (own units + 14·category mean) / (own days + 14): history begins with a sale, so that
    the first days of a product say too much. variance = mean · the category's variance-to-mean
    ratio, 1 at least. Category figures are means over its products with full history, over all
    of them where it has none.
    """
    days = demand.available_days
    known = ~is_new
    category_mean = _mean_by(categories, mean, known)
    category_variance = _mean_by(categories, sd**2, known)
    own_units = demand.newest(WINDOW_DAYS).sum(axis=0)
    drawn = (own_units + NEW_PRIOR_DAYS * category_mean) / (days + NEW_PRIOR_DAYS)
    new_mean = np.where(days > 0, drawn, 0.0)
    ratio = np.ones_like(mean)
    np.divide(category_variance, category_mean, out=ratio, where=category_mean > 0)
    new_sd = np.sqrt(new_mean * np.maximum(1.0, ratio))
    return np.where(is_new, new_mean, mean), np.where(is_new, new_sd, sd)


def _mean_by(groups: IntArray, values: FloatArray, counted: BoolArray) -> FloatArray:
    """Return for each product the mean of `values` over the counted ones of its group."""
    size = int(groups.max(initial=0)) + 1
    sums = np.bincount(groups[counted], weights=values[counted], minlength=size)
    counts = np.bincount(groups[counted], minlength=size)
    overall = values[counted].mean() if counted.any() else 0.0
    means = np.full(size, overall)
    np.divide(sums, counts, out=means, where=counts > 0)
    return means[groups]


def _quantiles(
    window: FloatArray,
    interval: Interval,
    *,
    mean: FloatArray,
    sd: FloatArray,
    is_new: BoolArray,
) -> FloatArray:
    """Return quantiles over each horizon and P, (horizons, products, levels)."""
    fixed = [DayWeights.exactly(days) for days in HORIZONS_DAYS]
    quantiles = summed_demand_quantiles(window, [*fixed, interval.lengths()], QUANTILE_LEVELS)
    new = np.flatnonzero(is_new)
    intervals = [*(Interval.fixed(days, len(new)) for days in HORIZONS_DAYS), interval.of(new)]
    for row, new_interval in enumerate(intervals):
        total, variance = protection_moments(mean[new], sd[new], new_interval)
        fitted = FittedDemand(parametric(total, variance), total, variance)
        for column, level in enumerate(QUANTILE_LEVELS):
            quantiles[row, new, column] = fitted.quantile(np.full(len(new), level))
    return quantiles
