"""What chance decides in a replay: demand of days that nobody could count, and lead times.

Every number depends on the seed and its day alone, so that policies meet the same luck and a
replay is the same each time.
"""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray
from inventory.replay.world import World

_DEMAND, _LEAD_TIME = 1, 2


@dataclass(frozen=True, slots=True)
class Paths:
    """Draws of a world. ratio: (days, products) variance of a day's demand over its mean."""

    world: World
    draws: int
    seed: int
    ratio: FloatArray

    @classmethod
    def of(cls, world: World, *, draws: int, seed: int) -> "Paths":
        """Return the draws of a world; draws 1 or more."""
        return cls(world, draws, seed, _variance_ratio(world))

    def demand(self, day: int) -> FloatArray:
        """Return whole units asked for on a day, (draws, products).

        A counted day is what was counted, its fraction (left by the correction) rounded up as
        often as it says. An imputed day is drawn from a count distribution around its mean, one
        path a draw: Poisson, or negative binomial where demand before that day varied more; never
        less than was sold.
        """
        chance = np.random.default_rng([self.seed, _DEMAND, day])
        mean = self.world.wanted[day]
        units: FloatArray = np.floor(mean + chance.random((self.draws, len(mean))))
        rows = np.flatnonzero(self.world.imputed[day] & (mean > 0))
        if len(rows):
            units[:, rows] = self._imputed(chance, mean[rows], self.ratio[day, rows])
        sold: FloatArray = self.world.sold[day]
        return np.maximum(units, sold)

    def lead_time_chances(self, day: int) -> FloatArray:
        """Return numbers in [0, 1), (draws, products), that pick the lead times of a day."""
        chance = np.random.default_rng([self.seed, _LEAD_TIME, day])
        return chance.random((self.draws, self.world.products))

    def _imputed(
        self, chance: np.random.Generator, mean: FloatArray, ratio: FloatArray
    ) -> FloatArray:
        # A Poisson whose mean is gamma, with scale ratio − 1, is the negative binomial.
        scale = np.maximum(ratio - 1, 1e-9)
        means = chance.gamma(mean / scale, scale, size=(self.draws, len(mean)))
        units: FloatArray = chance.poisson(means).astype(np.float64)
        return units


def _variance_ratio(world: World) -> FloatArray:
    """Return variance over mean of the counted days before each day, 1 at least."""
    units = world.demand.units
    before = units.shape[0] - world.days
    imputed = world.demand.imputed
    counted = np.ones(units.shape, dtype=bool) if imputed is None else ~imputed
    days, total, squares = (
        np.cumsum(values, axis=0)
        for values in (counted, np.where(counted, units, 0.0), np.where(counted, units**2, 0.0))
    )
    # The day itself is not before it.
    rows = np.arange(before, units.shape[0]) - 1
    known = rows >= 0
    number = np.where(known[:, None], days[rows], 0)
    mean = np.where(known[:, None], total[rows], 0.0) / np.maximum(number, 1)
    variance = np.where(known[:, None], squares[rows], 0.0) / np.maximum(number, 1) - mean**2
    ratio = np.ones_like(mean)
    np.divide(variance, mean, out=ratio, where=(mean > 0) & (number > 1))
    return np.maximum(1.0, ratio)
