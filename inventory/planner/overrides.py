"""Standing overrides of planners, applied to predictions before they are stored."""

from collections import defaultdict
from dataclasses import replace
from datetime import date

import numpy as np

from inventory.arrays import FloatArray, IntArray
from inventory.choices import OverrideKind
from inventory.forecasting.engine import HORIZONS_DAYS, Predictions
from inventory.forecasting.overrides import DemandOverride, overridden, rescaled
from inventory.models import ForecastOverride


def apply_overrides(
    predictions: Predictions, product_ids: IntArray, *, first_day: date
) -> Predictions:
    """Return the predictions with what planners said of days from first_day on.

    product_ids: by rising key. Means, the daily mean and the quantiles of sums follow; days and
    backtest stay the machine's.
    """
    standing = _standing(product_ids, first_day)
    if not standing:
        return predictions
    changed = replace(
        predictions,
        predicted=predictions.predicted.copy(),
        daily_mean=predictions.daily_mean.copy(),
        daily_sd=predictions.daily_sd.copy(),
        quantiles=predictions.quantiles.copy(),
    )
    for column, overrides in standing.items():
        _apply(changed, column, overrides)
    return changed


def _standing(product_ids: IntArray, first_day: date) -> dict[int, list[DemandOverride]]:
    """Return the overrides of days to come by column, the later made last."""
    rows = (
        ForecastOverride.objects.filter(withdrawn_at=None, last_day__gte=first_day)
        .order_by("created_at", "pk")
        .values_list("product_id", "first_day", "last_day", "kind", "value")
    )
    standing: dict[int, list[DemandOverride]] = defaultdict(list)
    for product_id, first, last, kind, value in rows:
        column = int(np.searchsorted(product_ids, product_id))
        if column < len(product_ids) and product_ids[column] == product_id:
            standing[column].append(as_override(kind, float(value), first, last, first_day))
    return standing


def as_override(
    kind: str, value: float, first: date, last: date, first_day: date
) -> DemandOverride:
    """Return an override by days ahead of first_day, which is day 1."""
    return DemandOverride(
        first=(first - first_day).days + 1,
        last=(last - first_day).days + 1,
        units=value if kind == OverrideKind.UNITS else None,
        factor=value if kind == OverrideKind.FACTOR else None,
    )


def _apply(predictions: Predictions, column: int, overrides: list[DemandOverride]) -> None:
    protection = float(predictions.protection_days[column])
    longest = max(*HORIZONS_DAYS, int(np.ceil(protection)))
    machine = np.resize(predictions.day_mean[column], longest)
    planned = overridden(machine, overrides)
    for row, days in enumerate((*map(float, HORIZONS_DAYS), protection)):
        said, wanted = _sum(machine, days), _sum(planned, days)
        if said != wanted:
            quantiles = predictions.quantiles[row, column]
            predictions.quantiles[row, column] = rescaled(quantiles, said, wanted)
    said, wanted = _sum(machine, protection), _sum(planned, protection)
    predictions.predicted[column] += wanted - said
    if said > 0:
        predictions.daily_mean[column] *= wanted / said
        predictions.daily_sd[column] *= wanted / said
    elif protection > 0:
        predictions.daily_mean[column] = wanted / protection
        predictions.daily_sd[column] = np.sqrt(wanted / protection)


def _sum(units: FloatArray, days: float) -> float:
    return float((units * np.clip(days - np.arange(len(units)), 0, 1)).sum())
