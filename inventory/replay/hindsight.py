"""Demand as it was known then: days without stock filled from what came before them only."""

from dataclasses import replace

import numpy as np

from inventory.forecasting.demand import Demand

# Counted days before a missing one that its demand is taken from.
BEFORE_DAYS = 28


def without_hindsight(demand: Demand) -> Demand:
    """Return demand whose imputed days have the mean of the counted ones of 28 days before.

    The planner's own imputation looks at both sides of a gap, which a policy in the past could
    not. A day with no counted day before it has the mean of all counted ones so far, 0 without.
    """
    if demand.imputed is None or not demand.imputed.any():
        return demand
    days = np.arange(demand.days)
    first = np.maximum(days - BEFORE_DAYS, 0)
    shelf = demand.days - demand.history_days
    counted = ~demand.imputed & (days[:, None] >= shelf)
    nothing = np.zeros((1, demand.units.shape[1]))
    sums = np.concatenate([nothing, np.cumsum(np.where(counted, demand.units, 0.0), axis=0)])
    counts = np.concatenate([nothing, np.cumsum(counted, axis=0)])
    near = counts[days] - counts[first]
    so_far = sums[days] / np.maximum(counts[days], 1)
    mean = np.where(near > 0, (sums[days] - sums[first]) / np.maximum(near, 1), so_far)
    return replace(demand, units=np.where(demand.imputed, mean, demand.units))
