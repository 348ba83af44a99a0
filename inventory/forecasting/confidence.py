"""How far a forecast may be trusted: what it won over a naive one, how fresh, how well spread."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray

# Domain 4.6: share of outcomes that should lie inside [q10, q90], and the miss that counts fully.
EXPECTED_COVERAGE = 0.8
WORST_MISS = 0.4
HALF_LIFE_HOURS = 24
# Below this a suggestion is labelled and never accepted without a person.
LOW_CONFIDENCE = 0.3


@dataclass(frozen=True, slots=True)
class ConfidenceParts:
    """The three factors, 0 to 1 each, for one product or an array of them."""

    skill: float | FloatArray
    freshness: float | FloatArray
    coverage_ok: float | FloatArray

    @property
    def confidence(self) -> float | FloatArray:
        """skill × freshness × coverage_ok, 0 to 1."""
        return self.skill * self.freshness * self.coverage_ok


def confidence_parts(
    skill: float | FloatArray, coverage: float | FloatArray, *, age_hours: float | FloatArray = 0.0
) -> ConfidenceParts:
    """Return the parts of domain 4.6.

    skill: 1 − wQL of the model / wQL of the naive forecast. coverage: share of backtested
    outcomes inside [q10, q90], 0 to 1. age_hours: since the forecast was computed; it halves
    every 24 h. coverage_ok = 1 − min(1, |coverage − 0.8| / 0.4).
    """
    miss = np.abs(np.asarray(coverage) - EXPECTED_COVERAGE) / WORST_MISS
    coverage_ok = 1 - np.minimum(1, miss)
    return ConfidenceParts(
        skill=np.clip(skill, 0, 1),
        freshness=0.5 ** (np.maximum(0.0, age_hours) / HALF_LIFE_HOURS),
        coverage_ok=coverage_ok if coverage_ok.ndim else float(coverage_ok),
    )
