"""Demand of days on which nothing was on the shelf, from the days around them. Pure."""

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray

# Days on both sides that a missing day's demand is taken from.
AROUND_DAYS = 28
# Products looked at together: bounds memory to some tens of MB for a year of days.
_CHUNK = 2048


def impute(
    units: FloatArray, imputed: BoolArray, history_days: IntArray, *, newest: int | None = None
) -> None:
    """Fill the missing days with the mean of the known ones four weeks around them, in place.

    units, imputed: (days, products). history_days: (products,) see Demand. newest: fill only so
    many of the newest days; all when not given. Where no day around is known, the mean of all
    known ones before, 0 without any. A day with four weeks of days behind it is therefore filled
    for good: whatever comes later, it stays as it is.
    """
    days = len(units)
    first = 0 if newest is None else max(0, days - newest)
    products = np.flatnonzero(imputed[first:].any(axis=0))
    for start in range(0, len(products), _CHUNK):
        _impute(units, imputed, history_days, products[start : start + _CHUNK], first)


def _impute(
    units: FloatArray, imputed: BoolArray, history_days: IntArray, products: IntArray, first: int
) -> None:
    days = len(units)
    missing = imputed[:, products]
    known = ~missing & (np.arange(days)[:, None] >= days - history_days[products])
    nothing = np.zeros((1, len(products)))
    sums = np.concatenate([nothing, np.cumsum(np.where(known, units[:, products], 0.0), axis=0)])
    counts = np.concatenate([nothing, np.cumsum(known, axis=0)])
    day = np.arange(first, days)
    low, high = np.maximum(day - AROUND_DAYS, 0), np.minimum(day + AROUND_DAYS + 1, days)
    near = counts[high] - counts[low]
    so_far = sums[day] / np.maximum(counts[day], 1)
    mean = np.where(near > 0, (sums[high] - sums[low]) / np.maximum(near, 1), so_far)
    rows = slice(first, days)
    units[rows, products] = np.where(missing[rows], mean, units[rows, products])
