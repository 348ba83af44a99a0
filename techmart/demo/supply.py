"""Simulated deliveries: enough stock for what the year is known to sell, in whole packs.

The data set tells what was sold and nothing of stock, so stock is laid under the sales: a product
gets a delivery at the start of a week when what is left would not last the week and its reserve.
"""

import numpy as np
from numpy.typing import NDArray

Units = NDArray[np.int64]

# Weeks that one delivery lasts: dear shelf space turns weekly, a slow seller monthly.
FAST_UNITS_PER_YEAR = 200
FAST_WEEKS = 1
SLOW_WEEKS = 4


def weeks_covered(yearly_units: Units) -> Units:
    """Return how many weeks one delivery of each product lasts."""
    return np.where(yearly_units >= FAST_UNITS_PER_YEAR, FAST_WEEKS, SLOW_WEEKS)


def reserve(yearly_units: Units) -> Units:
    """Return the units kept beyond known sales: two weeks' worth, at least 1."""
    return 1 + np.ceil(yearly_units / 26).astype(np.int64)


def deliveries(*, stock: Units, week: Units, cycle: Units, reserve: Units, pack: Units) -> Units:
    """Return the units delivered of each product before a week starts.

    stock: units on hand. week: units the week will sell. cycle: units sold until the product's
    next delivery, at least `week`. All of one length.
    """
    short = stock < week + reserve
    wanted = np.where(short, cycle + reserve - stock, 0)
    return -(-wanted // pack) * pack
