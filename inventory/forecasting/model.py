"""The forecast of all series of a shop in one pass: learned from them all, then for each."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting import counts
from inventory.forecasting.blending import (
    Blend,
    OwnWeights,
    equal_blend,
    learn_blend,
    own_weights,
)
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import Frequency
from inventory.forecasting.levels import (
    CHUNK,
    candidate_levels,
    candidate_names,
    chunks,
    expected_silence,
)
from inventory.forecasting.newcomers import draw_newcomers
from inventory.forecasting.origins import (
    Origins,
    collect,
    profiles_of,
    steps_back,
    windows_back,
)
from inventory.forecasting.seasonality import ahead
from inventory.forecasting.spread import Calibration, Scatter, calibrated, drawn_ratios, scatter

# Products that what all share is learned from, at most.
SAMPLE = 2_000
# Origins that the spread is calibrated on, at most.
MOST_CALIBRATED = 8_000
_DRIFT_WINDOWS = 6
# Decimals of demand that is measured in parts of units.
_DECIMALS = 3
# So many of its days with sales say what part of a unit a product is sold in.
_TELLING_SHARE = 0.8


@dataclass(frozen=True, slots=True)
class Forecast:
    """Of each product: (products,) unless said otherwise.

    level: mean units of a period. profile: (products, season) factor by phase, 1 without a
    season. ratio: variance to mean of a period. doubt: relative variance of a newcomer's level,
    0 for others. parts: smallest share of a unit that is counted, 1 for whole units. own: how
    the methods were combined. new: drawn towards its category. history: periods known.
    """

    frequency: Frequency
    horizon: int
    level: FloatArray
    profile: FloatArray | None
    ratio: FloatArray
    doubt: FloatArray
    parts: FloatArray
    blend: Blend
    own: OwnWeights
    calibration: Calibration
    new: BoolArray
    origins: Origins | None

    @property
    def mean(self) -> FloatArray:
        """Units of each future period, (products, horizon)."""
        return self.means(self.horizon)

    def means(self, periods: int) -> FloatArray:
        """Return units of each of so many future periods, (products, periods)."""
        return self.level[:, None] * ahead(self.profile, len(self.level), periods)

    def period_quantiles(self, levels: FloatArray) -> FloatArray:
        """Return quantiles of each future period, (products, horizon, levels), in units."""
        if self.profile is None:
            mean = self.level[:, None]
        else:
            mean = self.means(min(self.horizon, self.frequency.season))
        variance = self.calibration.period_variance(mean, self.ratio[:, None])
        variance = variance + self.doubt[:, None] * mean**2
        one_cycle = self._quantiles(mean, variance, self.parts[:, None], levels)
        return one_cycle[:, np.arange(self.horizon) % mean.shape[1]]

    def sums(self, length: FloatArray | float) -> FloatArray:
        """Return mean units over the next periods, (products,).

        length: 0 or more; of a part of a period that part counts.
        """
        length = np.broadcast_to(length, self.level.shape)
        longest = int(np.ceil(length.max(initial=0)))
        share = np.clip(length[:, None] - np.arange(longest), 0, 1)
        total: FloatArray = (self.means(longest) * share).sum(axis=1)
        return total

    def sum_moments(
        self, length: FloatArray | float, length_sd: FloatArray | float = 0.0
    ) -> tuple[FloatArray, FloatArray]:
        """Return mean and variance of demand over the next periods, (products,) each.

        length_sd: of a length that varies, periods; adds level²·sd² (law of total variance).
        """
        mean = self.sums(length)
        variance = self.calibration.sum_variance(mean, self.ratio)
        variance = variance + self.doubt * mean**2 + (self.level * length_sd) ** 2
        return mean, variance

    def sum_quantiles(
        self,
        length: FloatArray | float,
        levels: FloatArray,
        length_sd: FloatArray | float = 0.0,
    ) -> FloatArray:
        """Return quantiles of demand over the next periods, (products, levels), in units."""
        mean, variance = self.sum_moments(length, length_sd)
        return self._quantiles(mean, variance, self.parts, levels)

    def _quantiles(
        self, mean: FloatArray, variance: FloatArray, parts: FloatArray, levels: FloatArray
    ) -> FloatArray:
        found = counts.quantiles(mean / parts, variance / parts**2, levels)
        return found * parts[..., None]

    def leader_names(self) -> list[str]:
        """Return the name of the method that leads for each product: "blend", or a candidate."""
        names = ("blend", *candidate_names(self.frequency))
        return [names[leader] for leader in self.own.leader]


def forecast(
    demand: Demand,
    frequency: Frequency,
    *,
    horizon: int,
    target: IntArray,
    categories: IntArray | None = None,
    incumbent: IntArray | None = None,
) -> Forecast:
    """Forecast all products at once.

    demand: units of successive periods, what is not known yet cut off. target: (products,)
    length of the sum that methods are judged by, in periods, 1 to horizon. categories:
    (products,) a number each, which newcomers are compared with. incumbent: (products,) the
    method that led at the last forecast, as own.leader; −1 where none did.
    """
    products = demand.units.shape[1]
    target = np.clip(target, 1, horizon)
    known = np.flatnonzero(demand.history_days > 0)
    origins = collect(
        demand,
        known,
        frequency,
        horizon=horizon,
        target=target,
        back=steps_back(frequency, horizon=horizon),
    )
    blend = _learned(demand, known, frequency, origins, horizon=horizon, target=target)
    profile = _profiles(demand, known, frequency) if blend.seasonal else None
    ratio = drawn_ratios(_scatter(demand, known, profile, frequency))
    own = own_weights(
        origins,
        blend,
        ratio=ratio,
        incumbent=np.full(products, -1) if incumbent is None else incumbent,
    )
    level = _levels(demand, known, profile, frequency, blend, own, horizon=horizon)
    level, doubt, new = draw_newcomers(
        demand,
        level,
        ratio=ratio,
        categories=np.zeros(products, dtype=np.int64) if categories is None else categories,
        frequency=frequency,
    )
    calibration = _calibration(origins, blend, own, ratio)
    return Forecast(
        frequency=frequency,
        horizon=horizon,
        level=level,
        profile=profile,
        ratio=ratio,
        doubt=doubt,
        parts=_parts(demand),
        blend=blend,
        own=own,
        calibration=calibration,
        new=new,
        origins=origins,
    )


def _learned(
    demand: Demand,
    known: IntArray,
    frequency: Frequency,
    origins: Origins | None,
    *,
    horizon: int,
    target: IntArray,
) -> Blend:
    if origins is None:
        return equal_blend(len(candidate_names(frequency)))
    sample = known[:: max(1, -(-len(known) // SAMPLE))]
    windows = collect(
        demand,
        sample,
        frequency,
        horizon=horizon,
        target=target,
        back=windows_back(horizon=horizon, most=_DRIFT_WINDOWS),
    )
    return learn_blend(origins, windows)


def _profiles(demand: Demand, known: IntArray, frequency: Frequency) -> FloatArray | None:
    """Return the profile of all products, (products, season); 1 for what was never sold."""
    found = profiles_of(demand, known, frequency)
    if found is None:
        return None
    profile = np.ones((demand.units.shape[1], frequency.season))
    profile[known] = found
    return profile


def _scatter(
    demand: Demand, known: IntArray, profile: FloatArray | None, frequency: Frequency
) -> Scatter:
    products = demand.units.shape[1]
    result = Scatter(np.ones(products), np.zeros(products), np.zeros(products))
    for histories in chunks(demand, known):
        chosen = histories.columns
        part = scatter(histories, None if profile is None else profile[chosen], frequency)
        result.ratio[chosen] = part.ratio
        result.level[chosen] = part.level
        result.periods[chosen] = part.periods
    return result


def _levels(
    demand: Demand,
    known: IntArray,
    profile: FloatArray | None,
    frequency: Frequency,
    blend: Blend,
    own: OwnWeights,
    *,
    horizon: int,
) -> FloatArray:
    level = np.zeros(demand.units.shape[1])
    for histories in chunks(demand, known):
        chosen = histories.columns
        factors = None if profile is None else profile[chosen]
        candidates = candidate_levels(histories, factors, frequency, horizon=horizon)
        combined = (candidates * own.weights[chosen]).sum(axis=1)
        level[chosen] = combined * blend.correction(expected_silence(histories))
    return level


def _calibration(
    origins: Origins | None, blend: Blend, own: OwnWeights, ratio: FloatArray
) -> Calibration:
    """Compare what the origins would have said with what came."""
    if origins is None:
        return Calibration.unknown()
    rows = origins.thinned(MOST_CALIBRATED)
    said = said_at(rows, blend, own.weights)
    return calibrated(
        ratio=ratio[rows.product],
        sums=(rows.came, said * rows.factors if blend.seasonal else said * rows.target),
        periods=(rows.one_came, said * rows.one_factor if blend.seasonal else said),
    )


def said_at(rows: Origins, blend: Blend, weights: FloatArray) -> FloatArray:
    """Return the level that the combined forecast would have had at each origin, (rows,)."""
    combined = (blend.levels(rows) * weights[rows.product]).sum(axis=1)
    said: FloatArray = combined * blend.correction(rows.silence)
    return said


def _parts(demand: Demand) -> FloatArray:
    """Return the smallest share of a unit that each product is sold in, (products,).

    Estimates of days without stock are no sales and do not count; nor do the few days that were
    scaled up for hours without any.
    """
    parts = np.ones(demand.units.shape[1])
    for start in range(0, len(parts), CHUNK):
        columns = slice(start, start + CHUNK)
        units = demand.units[:, columns]
        if not (np.rint(units) == units).all():
            sold = units > 0
            if demand.imputed is not None:
                sold &= ~demand.imputed[:, columns]
            parts[columns] = _parts_of(units, sold)
    return parts


def _parts_of(units: FloatArray, sold: BoolArray) -> FloatArray:
    parts = np.full(units.shape[1], 10.0**-_DECIMALS)
    wanted = _TELLING_SHARE * sold.sum(axis=0)
    for decimals in range(_DECIMALS - 1, -1, -1):
        scaled = units * 10**decimals
        whole = sold & (np.abs(scaled - np.rint(scaled)) < 1e-6)
        parts[whole.sum(axis=0) >= wanted] = 10.0**-decimals
    return parts
