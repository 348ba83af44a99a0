"""How demand is spread over a cycle: weekdays, weeks or months of a year.

Each product's profile is drawn towards that of the whole shop, harmonic by harmonic, by how much
of what it shows is noise (James and Stein): a seller of a few units a month has the shop's
profile, a fast one its own. A profile is a factor a phase, mean 1.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.frequency import Frequency

# Fewest products, and fewest whole weeks of a product, that say anything.
_LEAST_PRODUCTS = 5
# Spread between products when nothing is known yet; only weighs the first pooling.
_PRIOR_VARIANCE = 0.1
# Cycles of days that a local level spans, on both sides of its own.
_WEEKS_AROUND = 2


@dataclass(frozen=True, slots=True)
class SeasonEvidence:
    """What a profile is learned from, (products, season) each unless said otherwise.

    actual: units by phase. expected: the same by the local level alone. cross, square: sums of
    actual·level and level². total_square: (products,) sum of units². live: (products,) periods.
    The phase of a period is its distance to the end of the history, counted in whole cycles.
    """

    actual: FloatArray
    expected: FloatArray
    cross: FloatArray
    square: FloatArray
    total_square: FloatArray
    live: IntArray

    @classmethod
    def joined(cls, parts: list[Self]) -> Self:
        """Return the evidence of successive products as one."""
        return cls(
            *(
                np.concatenate([getattr(part, name) for part in parts])
                for name in ("actual", "expected", "cross", "square", "total_square", "live")
            )
        )


def season_evidence(units: FloatArray, alive: BoolArray, frequency: Frequency) -> SeasonEvidence:
    """Sum units and local levels by phase over the newest whole cycles.

    units: (products, periods), zero where not alive; one cycle or more.
    """
    season = frequency.season
    cycles = min(units.shape[1] // season, frequency.cycles[1])
    shape = (len(units), cycles, season)
    newest = units[:, units.shape[1] - cycles * season :].reshape(shape)
    live = alive[:, alive.shape[1] - cycles * season :].reshape(shape)
    level = _local_level(newest, live, frequency) * live
    return SeasonEvidence(
        actual=newest.sum(axis=1, dtype=np.float64),
        expected=level.sum(axis=1, dtype=np.float64),
        cross=np.einsum("ncs,ncs->ns", newest, level),
        square=np.einsum("ncs,ncs->ns", level, level),
        total_square=np.einsum("ncs,ncs->n", newest, newest).astype(np.float64),
        live=live.sum(axis=(1, 2)),
    )


def _local_level(newest: FloatArray, live: BoolArray, frequency: Frequency) -> FloatArray:
    """Return the mean around each period: over five weeks, or drawn between yearly means."""
    by_cycle, counted = newest.sum(axis=2), live.sum(axis=2)
    cycles, season = newest.shape[1:]
    if frequency.code == "D":
        first = np.maximum(np.arange(cycles) - _WEEKS_AROUND, 0)
        last = np.minimum(np.arange(cycles) + _WEEKS_AROUND + 1, cycles)
        units = np.pad(np.cumsum(by_cycle, axis=1), ((0, 0), (1, 0)))
        periods = np.pad(np.cumsum(counted, axis=1), ((0, 0), (1, 0)))
        mean = (units[:, last] - units[:, first]) / np.maximum(
            periods[:, last] - periods[:, first], 1
        )
        return np.broadcast_to(mean[:, :, None], newest.shape)
    mean = by_cycle / np.maximum(counted, 1)
    centre = (np.arange(cycles) + 0.5) * season - 0.5
    period = np.arange(cycles * season)
    left = np.clip(np.searchsorted(centre, period) - 1, 0, cycles - 2)
    right_share = np.clip((period - centre[left]) / season, -0.5, 1.5)
    drawn = mean[:, left] * (1 - right_share) + mean[:, left + 1] * right_share
    least = 0.1 * mean.mean(axis=1, keepdims=True)
    level: FloatArray = np.maximum(drawn, least).reshape(newest.shape)
    return level


def season_profiles(evidence: SeasonEvidence, frequency: Frequency) -> FloatArray | None:
    """Return a factor per product and phase, (products, season), mean 1; None when none shows.

    Phase 0 is the period after the history. Products with too little history or no units have
    the shop's profile.
    """
    season = frequency.season
    expected = evidence.expected
    needed = frequency.cycles[0] * season
    # The first period is not counted, see levels.
    use = (evidence.live + 1 >= needed) & (evidence.actual.sum(axis=1) > 0)
    if use.sum() < _LEAST_PRODUCTS:
        return None
    raw = np.ones_like(expected)
    np.divide(evidence.actual, expected, out=raw, where=expected > 0)
    pooled = np.ones(season)
    for _ in range(2):
        noise = _noise(evidence, pooled)
        precision = np.where(use, 1 / (noise + _PRIOR_VARIANCE), 0.0)
        pooled = precision @ raw / precision.sum()
        pooled /= pooled.mean()
    own = np.fft.rfft(raw, axis=1) / season
    shop = np.fft.rfft(pooled) / season
    own[:, 0] = 1
    noise_power = (noise / season)[:, None]
    weight = (precision**2)[:, None]
    between = np.maximum(
        0.0, (weight * (np.abs(own - shop) ** 2 - noise_power)).sum(axis=0) / weight.sum()
    )
    shop_noise = (precision**2 * np.where(use, noise, 0.0)).sum() / precision.sum() ** 2 / season
    shop = shop * np.maximum(0.0, 1 - shop_noise / np.maximum(np.abs(shop) ** 2, 1e-12))
    shop[0] = 1
    own_share = np.where(use[:, None], between / (between + noise_power + 1e-12), 0.0)
    drawn = shop + own_share * (own - shop)
    drawn[:, 0] = 1
    profile: FloatArray = np.maximum(np.fft.irfft(drawn * season, n=season, axis=1), 0.0)
    profile /= profile.mean(axis=1, keepdims=True)
    return profile


def _noise(evidence: SeasonEvidence, pooled: FloatArray) -> FloatArray:
    """Return the variance of a raw factor that chance alone gives it, (products,)."""
    residual = evidence.total_square - 2 * evidence.cross @ pooled + evidence.square @ pooled**2
    units = evidence.expected.sum(axis=1)
    ratio = np.maximum(residual / np.maximum(units, 1e-9), 0.5)
    noise: FloatArray = ratio / np.maximum(units / len(pooled), 1e-9)
    return noise


def ahead(profile: FloatArray | None, products: int, periods: int) -> FloatArray:
    """Return the factor of each future period, (products, periods); 1 without a profile."""
    if profile is None:
        return np.ones((products, periods))
    return profile[:, np.arange(periods) % profile.shape[1]]
