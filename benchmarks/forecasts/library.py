"""statsforecast's models: their means, with their own intervals or with counts around them.

The library is in requirements-bench.txt alone; nothing but this module imports it.
"""

from typing import Any

import numpy as np
from scipy.stats import nbinom

from benchmarks.forecasts.scoring import PERIOD_LEVELS, SUM_LEVELS, Forecasts
from inventory.arrays import FloatArray, IntArray
from inventory.forecasting.frequency import Frequency

# Periods that the spread of counts around a library's mean is taken from.
_RECENT = {"D": 56, "W": 26, "M": 18}
_INTERVALS = (50, 80, 95)


def models(frequency: Frequency, *, auto_ets: bool) -> dict[str, Any]:
    """Return the models by name; those without intervals get conformal ones."""
    from statsforecast.models import (
        ADIDA,
        TSB,
        AutoETS,
        CrostonSBA,
        SeasonalNaive,
    )
    from statsforecast.utils import ConformalIntervals

    season = {"D": 7, "W": 1, "M": 12}[frequency.code]
    conformal = ConformalIntervals(n_windows=2, h=frequency.horizon)
    chosen: dict[str, Any] = {
        "ADIDA": ADIDA(prediction_intervals=conformal),
        "TSB": TSB(0.1, 0.1, prediction_intervals=conformal),
        "CrostonSBA": CrostonSBA(prediction_intervals=conformal),
        "SeasonalNaive": SeasonalNaive(season),
    }
    if auto_ets:
        chosen["AutoETS"] = AutoETS(season_length=season)
    return chosen


def own_intervals(
    model: Any, known: FloatArray, first: IntArray, frequency: Frequency
) -> Forecasts:
    """Return mean and intervals as the library gives them, one series at a time.

    known: (periods, products); each series begins with its first sale. The quantiles of the sum
    are not the library's to say, and not a number. A series too short for the intervals has its
    mean for all of them.
    """
    horizon, products = frequency.horizon, known.shape[1]
    mean = np.zeros((products, horizon))
    quantiles = np.zeros((products, horizon, len(PERIOD_LEVELS)))
    for product in range(products):
        series = known[first[product] :, product]
        said = _forecast(model, series, horizon)
        mean[product] = np.maximum(0, np.nan_to_num(said["mean"]))
        names = [f"lo-{level}" for level in reversed(_INTERVALS)]
        columns = [
            *(said.get(name, said["mean"]) for name in names),
            said["mean"],
            *(said.get(f"hi-{level}", said["mean"]) for level in _INTERVALS),
        ]
        quantiles[product] = np.maximum(0, np.nan_to_num(np.column_stack(columns)))
    nothing = np.full((products, len(SUM_LEVELS)), np.nan)
    return Forecasts(mean, np.sort(quantiles, axis=2), nothing)


def _forecast(model: Any, series: FloatArray, horizon: int) -> dict[str, FloatArray]:
    """Return the model's forecast; without intervals, then as a plain mean, where it fails."""
    for options in ({"level": list(_INTERVALS)}, {}):
        try:
            said: dict[str, FloatArray] = model.forecast(y=series, h=horizon, **options)
        except Exception:
            # The library raises nothing more telling on series too short for it.
            continue
        return said
    return {"mean": np.full(horizon, series.mean())}


def as_counts(said: Forecasts, known: FloatArray, frequency: Frequency, lead: int) -> Forecasts:
    """Return negative binomial quantiles around a library's means.

    Variance to mean of single periods and of sums of `lead` as in the newest periods, 1.05 at
    least.
    """
    recent = known[-_RECENT[frequency.code] :].T
    of_periods = _ratio(recent)
    windows = np.lib.stride_tricks.sliding_window_view(recent, lead, axis=1).sum(axis=2)
    mean = np.maximum(said.mean, 1e-3)
    total = mean[:, :lead].sum(axis=1)
    return Forecasts(
        said.mean,
        _quantiles(mean, of_periods[:, None], PERIOD_LEVELS),
        _quantiles(total, _ratio(windows), SUM_LEVELS),
    )


def _ratio(units: FloatArray) -> FloatArray:
    ratio: FloatArray = np.maximum(units.var(axis=1) / np.maximum(units.mean(axis=1), 1e-3), 1.05)
    return ratio


def _quantiles(mean: FloatArray, ratio: FloatArray, levels: FloatArray) -> FloatArray:
    size = np.asarray(mean / (ratio - 1))
    share = np.broadcast_to(1 / ratio, mean.shape)
    return np.asarray(nbinom.ppf(levels, size[..., None], share[..., None]))
