"""Series of made-up shops of several kinds, each drawn from a seed, and series from a file."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from inventory.arrays import FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import DAILY, MONTHLY, WEEKLY, Frequency
from inventory.series_files import read_history

Rng = np.random.Generator


@dataclass(frozen=True, slots=True)
class Shop:
    """Series and the moments to forecast at. units: (periods, products); cuts: periods known."""

    name: str
    frequency: Frequency
    units: FloatArray
    cuts: tuple[int, ...]

    def known(self, cut: int) -> tuple[Demand, FloatArray]:
        """Return demand known at a cut of what was sold by then, and what came, (periods, n)."""
        sold = (self.units[:cut] > 0).any(axis=0)
        known = self.units[:cut, sold]
        first: IntArray = (known > 0).argmax(axis=0)
        return Demand(units=known, history_days=cut - first), self.units[cut:, sold]

    def sample(self, most: int) -> "Shop":
        """Return the shop with at most so many products, evenly spaced."""
        products = self.units.shape[1]
        columns = np.unique(np.linspace(0, products - 1, min(most, products)).astype(int))
        return Shop(self.name, self.frequency, self.units[:, columns], self.cuts)


def made_up(products: int, *, seed: int = 1) -> list[Shop]:
    """Return a shop of each kind with so many products."""
    kinds: list[tuple[str, Frequency, int, Callable[[Rng, int, int], FloatArray]]] = [
        ("spare parts, daily", DAILY, 540, _spare_parts),
        ("spare parts, weekly", WEEKLY, 150, _spare_parts),
        ("spare parts, monthly", MONTHLY, 60, _spare_parts),
        ("growing gift shop, daily", DAILY, 420, _growing),
        ("fast movers with promotions, daily", DAILY, 600, _promotions),
        ("seasonal, weekly", WEEKLY, 160, _seasonal(52, 20.0, 8.0, 0.03)),
        ("seasonal, monthly", MONTHLY, 60, _seasonal(12, 60.0, 10.0, 0.05)),
        ("level, weekly", WEEKLY, 110, _level),
    ]
    shops = []
    for number, (name, frequency, periods, draw) in enumerate(kinds):
        units = draw(np.random.default_rng((seed, number)), products, periods).T
        cuts = tuple(periods - frequency.horizon * back - 1 for back in (3, 2, 1))
        shops.append(Shop(name, frequency, np.ascontiguousarray(units, dtype=float), cuts))
    return shops


def from_file(path: Path, frequency: Frequency, cutoffs: list[date]) -> Shop:
    """Return the shop of a file as `forecast_series` reads it."""
    history = read_history(path, frequency)
    cuts = tuple(history.periods_until(cutoff) for cutoff in cutoffs)
    periods = max(int(history.period.max()) + 1, *cuts)
    units = np.zeros((periods, len(history.products)))
    units[history.period, history.product] = history.quantity
    return Shop(path.stem, frequency, units, cuts)


def _counts(rng: Rng, mean: FloatArray, size: FloatArray | float) -> FloatArray:
    """Draw negative binomial counts by mean and size."""
    drawn: FloatArray = rng.negative_binomial(size, size / (size + mean)).astype(float)
    return drawn


def _wander(rng: Rng, products: int, periods: int, step: float) -> FloatArray:
    return np.exp(np.cumsum(rng.normal(0, step, (products, periods)), axis=1))


def _spare_parts(rng: Rng, products: int, periods: int) -> FloatArray:
    """Seven in eight periods without demand, sizes of all kinds; a tenth goes out of use."""
    chance = rng.beta(2, 14, products)[:, None] * _wander(rng, products, periods, 0.01)
    size = rng.lognormal(0.6, 0.9, products)[:, None] * np.ones((1, periods))
    units = (rng.random((products, periods)) < np.clip(chance, 0, 0.9)) * (
        1 + _counts(rng, size, 1.2)
    )
    for product in np.flatnonzero(rng.random(products) < 0.1):
        units[product, rng.integers(periods // 2, periods) :] = 0
    return units


def _growing(rng: Rng, products: int, periods: int) -> FloatArray:
    """Two per mille a day more, half of the range new on the way, closed on no day."""
    day = np.arange(periods)
    week = np.array([1, 1.05, 1.1, 1.2, 1.4, 0.8, 0.3])
    mean = rng.lognormal(0.3, 1.1, products)[:, None] * np.exp(
        rng.normal(0.0025, 0.002, products)[:, None] * day
    )
    mean *= (week / week.mean())[day % 7] * _wander(rng, products, periods, 0.02)
    mean *= np.exp(rng.normal(0, 0.1, periods))
    units = _counts(rng, np.clip(mean, 1e-3, 500), rng.uniform(0.4, 2, products)[:, None])
    born = rng.integers(0, periods - 110, products) * (rng.random(products) < 0.5)
    units[day < born[:, None]] = 0
    return units


def _promotions(rng: Rng, products: int, periods: int) -> FloatArray:
    """Tens a day with a week of their own, and a promotion of a week every six or so."""
    day = np.arange(periods)
    shape = np.array([-0.1, -0.1, 0, 0, 0.2, 0.35, -0.4])
    week = np.exp(rng.normal(0, 0.25, (products, 7)) + shape)
    week /= week.mean(axis=1, keepdims=True)
    uplift = np.zeros((products, periods))
    for product in range(products):
        start = int(rng.integers(0, 30))
        while start < periods:
            uplift[product, start : start + 7] = rng.uniform(0.4, 1.2)
            start += int(rng.integers(25, 60))
    mean = rng.lognormal(3.5, 0.8, products)[:, None] * week[:, day % 7] * np.exp(uplift)
    mean *= _wander(rng, products, periods, 0.015)
    return _counts(rng, mean, rng.uniform(5, 30, products)[:, None])


def _seasonal(
    season: int, level: float, size: float, step: float
) -> Callable[[Rng, int, int], FloatArray]:
    def draw(rng: Rng, products: int, periods: int) -> FloatArray:
        """A wave a year, of another height for each product, and a smaller one of its own."""
        turn = 2 * np.pi * np.arange(periods) / season
        wave = 0.5 * np.cos(turn + 1) * rng.uniform(0.2, 1.5, products)[:, None]
        wave += 0.15 * np.cos(2 * turn + rng.uniform(0, 6, products)[:, None])
        mean = level * np.exp(rng.normal(0, 1, products))[:, None] * np.exp(wave)
        return _counts(rng, mean * _wander(rng, products, periods, step), size)

    return draw


def _level(rng: Rng, products: int, periods: int) -> FloatArray:
    """Nothing to see but a level that wanders."""
    mean = 6 * np.exp(rng.normal(0, 1, products))[:, None]
    return _counts(rng, mean * _wander(rng, products, periods, 0.03), 2.0)
