"""Products without much history, drawn towards their category."""

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray, sums_by
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import Frequency

# Established products that a category needs to speak for itself, and how many periods its word
# is worth at least and at most.
_LEAST_ANALOGUES = 5
_LEAST_PRIOR = 1.0
_MOST_PRIOR = 28.0
# A level that is known worse than this is not known at all.
_MOST_DOUBT = 4.0


def draw_newcomers(
    demand: Demand,
    level: FloatArray,
    *,
    ratio: FloatArray,
    categories: IntArray,
    frequency: Frequency,
) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Return level, relative variance of it, and who is new, (products,) each.

    level, ratio: as forecast from own history. A product with less than frequency.new periods
    has the level (own units + n·f·size) / (own periods + n): f is how often its category's
    products sell, size what it sells at a time itself, so that a category of large and small
    sellers says something of both. n = f·(1 − f) / variance of f between the category's
    products: the periods of its own that say as much as its company does, 1 to 28. The first
    period is not counted, as history begins with a sale; its size is. What was received and
    not sold yet has the category's size; what never was on the shelf has level 0.
    Source: Bühlmann's credibility; Casella (1985), American Statistician 39.
    """
    new = demand.history_days < frequency.new
    doubt = np.zeros_like(level)
    waiting = new & (demand.history_days > 0)
    if not waiting.any():
        return np.where(new, 0.0, level), doubt, new
    recent = demand.newest(frequency.new)
    sales = (recent > 0).sum(axis=0)
    often, prior, size_of_category = _analogues(recent, sales, level, categories, ~new)
    size = np.where(sales > 0, recent.sum(axis=0) / np.maximum(sales, 1), size_of_category)
    own_periods = np.maximum(0, demand.history_days - 1)
    back = np.arange(frequency.new)[::-1]
    own_units = (recent * (back[:, None] < own_periods)).sum(axis=0)
    said = own_periods + prior
    drawn = (own_units + prior * often * size) / said
    level = np.where(waiting, drawn, np.where(new, 0.0, level))
    np.divide(ratio, level * said, out=doubt, where=waiting & (level > 0))
    return level, np.minimum(doubt, _MOST_DOUBT), new


def _analogues(
    recent: FloatArray,
    sales: IntArray,
    level: FloatArray,
    categories: IntArray,
    established: BoolArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return for each product how often its category sells, what that is worth, and its size.

    A category with few established products, and a shop without any, takes all products.
    """
    groups = int(categories.max(initial=0)) + 1
    if not established.any():
        # A shop that just opened has no better company than its newcomers.
        established = sales > 0
    if not established.any():
        nothing = np.zeros(len(sales))
        return nothing, nothing + _LEAST_PRIOR, nothing
    inside = categories[established]
    share = sales[established] / len(recent)

    few = np.bincount(inside, minlength=groups) < _LEAST_ANALOGUES

    def summed(values: FloatArray) -> FloatArray:
        total = sums_by(inside, values, size=groups)
        return np.where(few, total.sum(), total)

    count = summed(np.ones(len(inside)))
    often = summed(share) / count
    between = np.maximum(summed(share**2) / count - often**2, 1e-9)
    prior = np.clip(often * (1 - often) / between, _LEAST_PRIOR, _MOST_PRIOR)
    units = summed(level[established])
    size = np.where(often > 0, units / count / np.maximum(often, 1e-9), 0.0)
    return often[categories], prior[categories], size[categories]
