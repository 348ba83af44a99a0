"""Planners' words on demand, put on top of what the machine says. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray


@dataclass(frozen=True, slots=True)
class DemandOverride:
    """One word on some days of one product.

    first, last: days ahead, 1 the first that is forecast; days below 1 are over. units: over all
    its days together; or factor: of the forecast. One of the two is given.
    """

    first: int
    last: int
    units: float | None = None
    factor: float | None = None


def overridden(machine: FloatArray, overrides: Sequence[DemandOverride]) -> FloatArray:
    """Return the units of each day ahead with the overrides applied, (days,).

    machine: (days,) what was forecast. Where overrides meet on a day the later one holds. Units
    are spread over the override's days as the forecast spreads them, evenly where it has none;
    of days that are over their share is over too, by their number.
    """
    days = machine.copy()
    for override in overrides:
        first, last = max(1, override.first), min(len(machine), override.last)
        if last < first:
            continue
        touched = slice(first - 1, last)
        if override.factor is not None:
            days[touched] = machine[touched] * override.factor
        elif override.units is not None:
            of_all = (last - first + 1) / (override.last - override.first + 1)
            days[touched] = override.units * of_all * spread(machine[touched])
    return days


def spread(machine: FloatArray) -> FloatArray:
    """Return each day's share of the whole, evenly where nothing is forecast; sum 1."""
    total = machine.sum()
    if total > 0:
        shares: FloatArray = machine / total
        return shares
    return np.full(len(machine), 1 / len(machine))


def rescaled(quantiles: FloatArray, machine_mean: float, mean: float) -> FloatArray:
    """Return quantiles of demand moved from the machine's mean to another, whole units.

    They keep their distance to the mean in proportion. Where the machine expected nothing, the
    planner's word is all that is known.
    """
    if machine_mean > 0:
        return np.rint(quantiles * (mean / machine_mean))
    return np.full_like(quantiles, np.rint(mean))
