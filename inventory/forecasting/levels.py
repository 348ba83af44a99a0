"""Candidate levels of demand: exponential smoothing with several memories, and damped trends.

Each is a weighted mean of all periods since the first, exact from the first period on: no start
value that a short history would have to live down. Zeros count as periods, so that for sparse
demand a level is the rate of demand (as ADIDA and TSB estimate it) and falls while nothing is
asked for. With a season a level is units over the weights of the profile, not a mean of units
over factors: what is closed on Sundays says nothing on Sundays.

The first period is left out: a history that begins with its first sale begins too high.

Source: Brown, Smoothing, Forecasting and Prediction of Discrete Time Series (discounted least
squares); Gardner and McKenzie (1985), Management Science 31 (damped trend).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import Frequency

# Products looked at together: bounds memory to some tens of MB for a year of days.
CHUNK = 2048


@dataclass(frozen=True, slots=True)
class Histories:
    """Some products' periods, oldest first: units (products, periods), 0 where not alive.

    columns: which products. age: (products,) periods since the first, which is not alive.
    """

    columns: IntArray
    units: FloatArray
    alive: BoolArray
    age: IntArray


def chunks(demand: Demand, columns: IntArray) -> Iterator[Histories]:
    """Yield the histories of these products, some at a time."""
    ages_back = np.arange(demand.days)[::-1]
    for start in range(0, len(columns), CHUNK):
        chosen = columns[start : start + CHUNK]
        age = np.maximum(0, demand.history_days[chosen] - 1)
        alive = ages_back < age[:, None]
        units = np.where(alive, demand.units[:, chosen].T, 0.0)
        yield Histories(chosen, units, alive, np.minimum(age, demand.days))


def candidate_names(frequency: Frequency) -> tuple[str, ...]:
    """Return the names of the candidates in their order."""
    levels = ["all" if np.isinf(memory) else f"level{memory:g}" for memory in frequency.memories]
    return (*levels, *(f"trend{memory:g}" for memory, _ in frequency.trends))


def candidate_levels(
    histories: Histories, profile: FloatArray | None, frequency: Frequency, *, horizon: int
) -> FloatArray:
    """Return what each candidate says of a mean period ahead, (products, candidates), 0 or more.

    profile: factors by phase of these products, (products, season). A trend is the mean of its
    damped course over the horizon.
    """
    units, age = histories.units, histories.age
    back = np.arange(units.shape[1])[::-1].astype(float)
    memories = np.array(frequency.memories)
    weights = [0.5 ** (back / memory) for memory in memories]
    sums = units @ np.column_stack(weights)
    levels = [
        sums[:, index] / np.maximum(_weight_of(weight, age, profile), 1e-9)
        for index, weight in enumerate(weights)
    ]
    for memory, damping in frequency.trends:
        levels.append(
            _trend(units, age, profile, 0.5 ** (back / memory), damping=damping, horizon=horizon)
        )
    return np.column_stack([np.maximum(0.0, level) for level in levels])


def _weight_of(weight: FloatArray, age: IntArray, profile: FloatArray | None) -> FloatArray:
    """Sum weight·factor over each product's periods: by table, as it depends on age alone."""
    newest_first = weight[::-1]
    total: FloatArray
    if profile is None:
        total = np.concatenate([[0.0], np.cumsum(newest_first)])[age]
        return total
    season = profile.shape[1]
    periods = len(weight)
    by_phase = np.zeros((periods + 1, season))
    phase = (-1 - np.arange(periods)) % season
    by_phase[np.arange(1, periods + 1), phase] = newest_first
    total = (np.cumsum(by_phase, axis=0)[age] * profile).sum(axis=1)
    return total


def _trend(
    units: FloatArray,
    age: IntArray,
    profile: FloatArray | None,
    weight: FloatArray,
    *,
    damping: float,
    horizon: int,
) -> FloatArray:
    """Fit units ≈ factor·(level + slope·x) by discounted weights, x = 0 at the newest period."""
    x = -np.arange(units.shape[1])[::-1].astype(float)
    ones, first, second = (_weight_of(weight * x**power, age, profile) for power in range(3))
    total, moment = (units @ np.column_stack([weight, weight * x])).T
    determinant = ones * second - first**2
    fits = determinant > 1e-6 * ones * second + 1e-12
    slope = np.zeros_like(total)
    np.divide(ones * moment - first * total, determinant, out=slope, where=fits)
    level = (total - slope * first) / np.maximum(ones, 1e-9)
    course = np.cumsum(damping ** np.arange(1, horizon + 1)).mean()
    trend: FloatArray = level + slope * course
    return trend


def expected_silence(histories: Histories) -> FloatArray:
    """Return the sales that the silence since the last one would have held, (products,).

    Periods since the last sale times the share of periods with a sale: 3 says that a product
    that sold every tenth day has not for thirty.
    """
    sold = histories.units > 0
    ever = sold.any(axis=1)
    since = np.where(ever, sold[:, ::-1].argmax(axis=1), histories.age)
    rate = (sold.sum(axis=1) + 0.5) / (histories.age + 1)
    silence: FloatArray = since * rate
    return silence
