"""Past moments at which the candidates are judged: what each would have said, and what came."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.demand import Demand
from inventory.forecasting.frequency import Frequency
from inventory.forecasting.levels import (
    Histories,
    candidate_levels,
    chunks,
    expected_silence,
)
from inventory.forecasting.seasonality import (
    SeasonEvidence,
    ahead,
    season_evidence,
    season_profiles,
)


@dataclass(frozen=True, slots=True)
class Origins:
    """One row a product and origin, (rows,) unless said otherwise; levels in units a period.

    product: its column. origin: its number, the newest first. scale: root mean squared step from
    one period to the next before the origin, above 0. plain, seasonal: (rows, candidates) levels
    without and with a season. mean, square: of the units that came over the horizon. factor,
    factor_square, factor_units: means of the profile's factor, of its square and of factor·units
    over it. came, factors: sums of units and factors over the target; before: of the units of
    as many periods before the origin. one_came, one_factor: units and factor of a single period
    of the horizon, another one a row. silence: sales that the silence at the origin would have
    held.
    """

    product: IntArray
    origin: IntArray
    scale: FloatArray
    plain: FloatArray
    seasonal: FloatArray
    mean: FloatArray
    square: FloatArray
    factor: FloatArray
    factor_square: FloatArray
    factor_units: FloatArray
    came: FloatArray
    before: FloatArray
    factors: FloatArray
    target: IntArray
    one_came: FloatArray
    one_factor: FloatArray
    silence: FloatArray

    def __len__(self) -> int:
        return len(self.product)

    def of(self, rows: IntArray | BoolArray) -> Self:
        """Return some rows only."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    def thinned(self, most: int) -> Self:
        """Return at most so many rows, evenly spaced."""
        if len(self) <= most:
            return self
        return self.of(np.linspace(0, len(self) - 1, most).astype(np.int64))

    @property
    def has_season(self) -> bool:
        """Whether any origin had a profile."""
        return bool((self.factor_square != 1).any())


def steps_back(frequency: Frequency, *, horizon: int) -> list[int]:
    """Return how many periods before the newest each origin lies, the newest first."""
    return [horizon + frequency.origin_step * number for number in range(frequency.origins)]


def windows_back(*, horizon: int, most: int) -> list[int]:
    """Return origins whose futures do not overlap, the newest first."""
    return [horizon * (number + 1) for number in range(most)]


def collect(
    demand: Demand,
    columns: IntArray,
    frequency: Frequency,
    *,
    horizon: int,
    target: IntArray,
    back: Sequence[int],
) -> Origins | None:
    """Return what is known of these products at each origin; None when nothing is.

    target: (products of the demand,) periods that are summed, 1 to horizon. A product counts at
    an origin with frequency.learning periods of history before it, and when its units moved.
    """
    parts = [
        _at(demand.until(days), demand, columns, frequency, horizon, target, number)
        for number, days in enumerate(back)
        if demand.days - days >= frequency.learning
    ]
    found = [part for part in parts if part is not None and len(part)]
    if not found:
        return None
    return Origins(
        *(np.concatenate([getattr(part, each.name) for part in found]) for each in fields(Origins))
    )


def profiles_of(demand: Demand, columns: IntArray, frequency: Frequency) -> FloatArray | None:
    """Return the profile of each of these products as known, (products, season), or None."""
    if demand.days < frequency.cycles[0] * frequency.season or not len(columns):
        return None
    parts = [
        season_evidence(histories.units, histories.alive, frequency)
        for histories in chunks(demand, columns)
    ]
    return season_profiles(SeasonEvidence.joined(parts), frequency)


def _at(
    known: Demand,
    demand: Demand,
    columns: IntArray,
    frequency: Frequency,
    horizon: int,
    target: IntArray,
    number: int,
) -> Origins | None:
    columns = columns[known.history_days[columns] > frequency.learning]
    if not len(columns):
        return None
    profiles = profiles_of(known, columns, frequency)
    parts = []
    for start, histories in _numbered(known, columns):
        chosen = histories.columns
        profile = None if profiles is None else profiles[start : start + len(chosen)]
        step = np.diff(histories.units, axis=1)
        scale = np.sqrt((step**2).sum(axis=1) / np.maximum(histories.age, 1))
        future = demand.units[known.days : known.days + horizon, chosen].T
        factor = ahead(profile, len(chosen), horizon)
        rows, one = np.arange(len(chosen)), (chosen + number) % horizon
        summed = np.arange(horizon) < target[chosen, None]
        plain = candidate_levels(histories, None, frequency, horizon=horizon)
        parts.append(
            Origins(
                product=chosen,
                origin=np.full(len(chosen), number),
                scale=scale,
                plain=plain,
                seasonal=plain
                if profile is None
                else candidate_levels(histories, profile, frequency, horizon=horizon),
                mean=future.mean(axis=1),
                square=(future**2).mean(axis=1),
                factor=factor.mean(axis=1),
                factor_square=(factor**2).mean(axis=1),
                factor_units=(factor * future).mean(axis=1),
                came=(future * summed).sum(axis=1),
                before=_newest_sums(histories.units, target[chosen]),
                factors=(factor * summed).sum(axis=1),
                target=target[chosen],
                one_came=future[rows, one],
                one_factor=factor[rows, one],
                silence=expected_silence(histories),
            ).of((scale > 0) & ~_rests_on_estimates(demand, chosen, known.days, target[chosen]))
        )
    return Origins(
        *(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(Origins))
    )


def _newest_sums(units: FloatArray, periods: IntArray) -> FloatArray:
    """Return the units of each product's newest periods, (products,)."""
    newest = units[:, -int(periods.max(initial=1)) :]
    counted = np.arange(newest.shape[1])[::-1] < periods[:, None]
    sums: FloatArray = (newest * counted).sum(axis=1)
    return sums


def _rests_on_estimates(
    demand: Demand, chosen: IntArray, first: int, periods: IntArray
) -> BoolArray:
    """Say of which products a period to come was not on the shelf, (products,)."""
    if demand.imputed is None:
        return np.zeros(len(chosen), dtype=bool)
    longest = int(periods.max(initial=1))
    ahead_of = demand.imputed[first : first + longest, chosen]
    counted = np.arange(len(ahead_of))[:, None] < periods
    rests: BoolArray = np.any(ahead_of & counted, axis=0)
    return rests


def _numbered(known: Demand, columns: IntArray) -> Iterator[tuple[int, Histories]]:
    """Yield histories with how many products came before them."""
    start = 0
    for histories in chunks(known, columns):
        yield start, histories
        start += len(histories.columns)
