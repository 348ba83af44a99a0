"""When stock runs out, and by when goods must be here; in days from today."""

from collections.abc import Callable

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.reorder.distributions import FittedDemand, parametric

# What runs out later than this is not of today's concern.
LONGEST_DAYS = 365
# Marks "not within LONGEST_DAYS".
NEVER = -1


def demand_over(daily_mean: FloatArray, daily_sd: FloatArray, days: FloatArray) -> FittedDemand:
    """Return demand over so many days, independent ones, (products,)."""
    mean, variance = daily_mean * days, daily_sd**2 * days
    return FittedDemand(parametric(mean, variance), mean, variance)


def days_until_need(
    daily_mean: FloatArray, daily_sd: FloatArray, *, stock: FloatArray, service: FloatArray
) -> IntArray:
    """Return the first day by whose end P(demand > stock) passes 1 − α; NEVER beyond a year.

    0 where there is no stock. That day goods must be here.
    """
    days = _first_day(
        lambda day: demand_over(daily_mean, daily_sd, day).above(stock) > 1 - service,
        products=len(stock),
    )
    return np.where(stock <= 0, 0, days)


def days_until_stockout(
    daily_mean: FloatArray, daily_sd: FloatArray, *, stock: FloatArray
) -> IntArray:
    """Return the median day on which stock first is zero; NEVER beyond a year.

    The first day by whose end P(demand >= stock) is a half or more.
    """
    days = _first_day(
        lambda day: demand_over(daily_mean, daily_sd, day).above(np.maximum(0.0, stock - 1)) >= 0.5,
        products=len(stock),
    )
    return np.where(stock <= 0, 0, days)


def _first_day(reached: Callable[[FloatArray], BoolArray], *, products: int) -> IntArray:
    """Return the smallest day from 1 on that reaches, by halving; what is reached stays so."""
    low, high = np.ones(products), np.full(products, float(LONGEST_DAYS))
    possible = reached(high)
    while (low < high).any():
        middle = np.floor((low + high) / 2)
        here = reached(middle)
        high = np.where(here, middle, high)
        low = np.where(here, low, np.minimum(middle + 1, high))
    return np.where(possible, high, NEVER).astype(np.int64)
