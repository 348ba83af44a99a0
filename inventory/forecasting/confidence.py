"""How far a forecast may be trusted: how much it pins down, how fresh, how well spread.

Domain 4.6 has skill against a naive forecast as the first factor. On nine sets of series that
said next to nothing of the error a product's forecast turned out to have, and how much the
forecast pins down says most of it (docs/domain/forecasting.md has the ranks), so that took its
place; skill is kept and shown beside it.
"""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray, IntArray

# Domain 4.6: share of outcomes that should lie inside [q10, q90], and the miss that counts fully.
EXPECTED_COVERAGE = 0.8
WORST_MISS = 0.4
HALF_LIFE_HOURS = 24
# Below this a suggestion is labelled and never accepted without a person.
LOW_CONFIDENCE = 0.3
# Fewer origins say nothing about a forecast.
MIN_ORIGINS = 4
# Origins that the expected coverage is worth against a product's own: of eight, six or eight
# inside is mostly chance.
PRIOR_ORIGINS = 8


@dataclass(frozen=True, slots=True)
class ConfidenceParts:
    """The three factors, 0 to 1 each, for one product or an array of them."""

    certainty: float | FloatArray
    freshness: float | FloatArray
    coverage_ok: float | FloatArray

    @property
    def confidence(self) -> float | FloatArray:
        """certainty × freshness × coverage_ok, 0 to 1."""
        return self.certainty * self.freshness * self.coverage_ok


def certainty(
    daily_mean: float | FloatArray, daily_sd: float | FloatArray, days: float | FloatArray
) -> FloatArray:
    """Return μ/(μ + σ) of demand summed over so many days, 0 to 1; 0 where μ is 0.

    daily_mean, daily_sd: of one day, summed as if days were independent: μ = n·m, σ = √n·s.
    """
    days = np.maximum(days, 1.0)
    mean = np.asarray(daily_mean * days)
    whole = mean + daily_sd * np.sqrt(days)
    share = np.zeros(np.shape(whole))
    np.divide(mean, whole, out=share, where=whole > 0)
    return share


def confidence_parts(
    certain: float | FloatArray,
    coverage: float | FloatArray,
    *,
    origins: int | IntArray,
    age_hours: float | FloatArray = 0.0,
) -> ConfidenceParts:
    """Return the parts of domain 4.6.

    certain: see certainty; with fewer than four origins the forecast is untested and the factor
    0. coverage: share of backtested outcomes inside [q10, q90], 0 to 1, of so many origins; it
    is drawn towards 0.8 as if that had been seen at eight more. age_hours: since the forecast
    was computed; it halves every 24 h. coverage_ok = 1 − min(1, |coverage − 0.8| / 0.4).
    """
    seen = (np.asarray(coverage) * origins + EXPECTED_COVERAGE * PRIOR_ORIGINS) / (
        np.asarray(origins) + PRIOR_ORIGINS
    )
    coverage_ok = 1 - np.minimum(1, np.abs(seen - EXPECTED_COVERAGE) / WORST_MISS)
    tested = np.where(np.asarray(origins) >= MIN_ORIGINS, np.clip(certain, 0, 1), 0.0)
    return ConfidenceParts(
        certainty=tested if tested.ndim else float(tested),
        freshness=0.5 ** (np.maximum(0.0, age_hours) / HALF_LIFE_HOURS),
        coverage_ok=coverage_ok if coverage_ok.ndim else float(coverage_ok),
    )
