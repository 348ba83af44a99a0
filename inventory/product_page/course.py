"""The course of one product's demand and stock, day by day, as its charts draw it. Pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

AHEAD_DAYS = 28
# Of the intervals drawn around the forecast: 95 % and 80 %.
BAND_LEVELS = (0.025, 0.1, 0.9, 0.975)


@dataclass(frozen=True, slots=True)
class RollingForecast:
    """Units sold in the last so many days, each day: as it was, and as predicted.

    history: one value a day, None before there were so many days. expected: the days ahead.
    quantiles: by level, the days ahead.
    """

    history: list[float | None]
    expected: list[float]
    quantiles: dict[float, list[float]]


def rolling_forecast(
    daily: Sequence[int | None],
    *,
    means: Sequence[float],
    quantiles: Mapping[float, float],
    days: int,
) -> RollingForecast:
    """Return sums over `days` days: of the past, and of each day ahead.

    daily: units a day, oldest first, None before the first sale, which count as predicted days:
    a shop of a few weeks would else start far below what it is about to sell. means: predicted
    units of the days ahead, `days` or more. quantiles: predicted units of the first `days` of
    them together, by level.

    The first window that lies ahead as a whole has the predicted quantiles, later ones these in
    proportion to their mean. In one of which d days are ahead the others are known, and the
    deviation from the mean is taken as √(d / days) of the whole: days independent.
    """
    history = [rolling_sum(daily, end, days) for end in range(len(daily))]
    expected: list[float] = []
    bands: dict[float, list[float]] = {level: [] for level in quantiles}
    whole = sum(means[:days])
    usual = whole / days
    for day in range(1, len(means) + 1):
        unknown = min(day, days)
        first_known = max(0, len(daily) - (days - unknown))
        window = daily[first_known:]
        sold = sum(units or 0 for units in window)
        to_come = sum(means[day - unknown : day])
        mean = sold + usual * window.count(None) + to_come
        expected.append(mean)
        share = math.sqrt(unknown / days)
        if usual > 0:
            share *= to_come / (usual * unknown)
        for level, units in quantiles.items():
            bands[level].append(max(float(sold), mean + (units - whole) * share))
    return RollingForecast(history, expected, bands)


def rolling_sum(daily: Sequence[int | None], end: int, days: int) -> float | None:
    """Return the units of `days` days up to and with index `end`; None where not all are known."""
    if end + 1 < days:
        return None
    window = daily[end + 1 - days : end + 1]
    return None if window[0] is None else float(sum(units or 0 for units in window))


def stock_by_day(
    stock: int, changes: Mapping[date, int], *, today: date, days: int
) -> list[float | None]:
    """Return stock at the end of each of `days` days before today and now, oldest first.

    stock: units now. changes: sum of the ledger's entries by shop day. Days before the first
    entry of these are as they were before it.
    """
    course: list[float | None] = [float(stock)]
    level = stock
    for back in range(days):
        level -= changes.get(today - timedelta(days=back), 0)
        course.append(float(level))
    return course[::-1]


def run_down(
    stock: float, daily_mean: float, deliveries: Mapping[int, int], *, ahead: int = AHEAD_DAYS
) -> list[float]:
    """Return stock now and at the end of each day ahead, at constant demand; never below 0.

    deliveries: units by days from now, in stock at the start of that day; 0 for what is due.
    """
    level = stock + deliveries.get(0, 0)
    course = [level]
    for day in range(1, ahead + 1):
        level = max(0.0, level + deliveries.get(day, 0) - daily_mean)
        course.append(level)
    return course
