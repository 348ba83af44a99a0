"""Predictions of a shop's products: demand over 7, 14, 28 days and the protection interval."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray, IntArray, StrArray
from inventory.forecasting.backtest import backtest
from inventory.forecasting.confidence import certainty, confidence_parts
from inventory.forecasting.demand import Demand
from inventory.forecasting.demand_class import demand_classes
from inventory.forecasting.frequency import DAILY
from inventory.forecasting.levels import candidate_names
from inventory.forecasting.model import Forecast, forecast
from inventory.reorder.lead_times import Interval

# Domain 4.5.
QUANTILE_LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.8, 0.9, 0.95, 0.975, 0.99, 0.995)
# Of single days.
DAY_LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
HORIZONS_DAYS = (7, 14, 28)
# Days that demand is taken from as it was, where it is not forecast.
WINDOW_DAYS = 56
# A year in whole weeks: weekday profiles and the spread gain from all of it.
HISTORY_DAYS = 364

MODEL_BLEND = "blend"
MODEL_NEW = "category"
METHODS = (MODEL_BLEND, *candidate_names(DAILY))


@dataclass(frozen=True, slots=True)
class Predictions:
    """Per product, (products,) each unless said otherwise.

    model: the method that leads, one of METHODS, or MODEL_NEW. share: its posterior, 0 to 1.
    gain: how much better than the blend it explains the past, nats. predicted: mean demand over
    P. daily_mean: of one day, over 28. daily_sd: as if days were independent and summed to the
    spread of demand over P, so that √P·daily_sd is that spread. quantiles: (7, 14, 28 days and
    P; products; levels), units. day_mean: (products, 7) units of each day of a week from the
    first day ahead on, which repeats; day_quantiles: (products, 7, DAY_LEVELS). skill,
    coverage, confidence: 0 to 1, see confidence_parts. wape, bias, origins: of the backtest.
    history_days: days since the first sale or receipt.
    """

    model: StrArray
    share: FloatArray
    gain: FloatArray
    demand_class: StrArray
    predicted: FloatArray
    daily_mean: FloatArray
    daily_sd: FloatArray
    protection_days: FloatArray
    quantiles: FloatArray
    day_mean: FloatArray
    day_quantiles: FloatArray
    skill: FloatArray
    coverage: FloatArray
    confidence: FloatArray
    wape: FloatArray
    bias: FloatArray
    origins: IntArray
    history_days: IntArray


def predict(
    demand: Demand,
    interval: Interval,
    *,
    categories: IntArray,
    led: StrArray | None = None,
) -> Predictions:
    """Predict demand over 7, 14 and 28 days and over each product's protection interval.

    categories: (products,) a number a category, which products with less than 56 days are
    compared with. led: (products,) the model of the last prediction, "" where there was none.
    """
    result = forecast(
        demand,
        DAILY,
        horizon=DAILY.horizon,
        target=np.rint(interval.days).astype(np.int64),
        categories=categories,
        incumbent=None if led is None else _numbers(led),
    )
    judged = backtest(result)
    days = np.maximum(interval.days, 1.0)
    daily_mean = result.sums(DAILY.horizon) / DAILY.horizon
    _, variance = result.sum_moments(days)
    daily_sd = np.sqrt(variance / days)
    parts = confidence_parts(
        certainty(daily_mean, daily_sd, days), judged.coverage, origins=judged.origins
    )
    week = DAILY.season
    return Predictions(
        model=np.where(result.new, MODEL_NEW, np.array(METHODS)[result.own.leader]),
        share=result.own.share,
        gain=result.own.gain,
        demand_class=demand_classes(demand),
        predicted=result.sums(interval.days),
        daily_mean=daily_mean,
        daily_sd=daily_sd,
        protection_days=interval.days,
        quantiles=_sum_quantiles(result, interval),
        day_mean=result.means(week),
        day_quantiles=result.period_quantiles(np.array(DAY_LEVELS))[:, :week],
        skill=judged.skill,
        coverage=judged.coverage,
        confidence=np.asarray(parts.confidence),
        wape=judged.wape,
        bias=judged.bias,
        origins=judged.origins,
        history_days=demand.history_days,
    )


def _numbers(led: StrArray) -> IntArray:
    numbers = np.full(len(led), -1)
    for number, name in enumerate(METHODS):
        numbers[led == name] = number
    return numbers


def _sum_quantiles(result: Forecast, interval: Interval) -> FloatArray:
    levels = np.array(QUANTILE_LEVELS)
    fixed = [result.sum_quantiles(float(days), levels) for days in HORIZONS_DAYS]
    own = result.sum_quantiles(interval.days, levels, interval.lead_time_sd_days)
    return np.stack([*fixed, own])
