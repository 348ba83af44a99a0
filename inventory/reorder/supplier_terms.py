"""Terms to plan with in place of a supplier's own, and what another reliability does to them."""

from dataclasses import dataclass

import numpy as np

from inventory.arrays import FloatArray

# What the expected delay of a late delivery is worth when few were late, in deliveries.
PRIOR_LATE = 5
# A late delivery of which nothing is known comes this share of the lead time late. Judgement,
# 2026-11, *tune*.
PRIOR_DELAY_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class SupplierTerms:
    """Terms assumed of a supplier; what is None stays as it is.

    lead_time_days, lead_time_sd_days: promised mean and sd, 0 or more. count_receipts: whether
    receipts correct that promise as they always do, or are set aside. review_days: between two
    chances to order, above 0. minimum_order_value: money, 0 or more. added_days, added_variance:
    what to add to every lead time, days and days², see `lateness`.
    """

    lead_time_days: float | None = None
    lead_time_sd_days: float | None = None
    count_receipts: bool = True
    review_days: float | None = None
    minimum_order_value: float | None = None
    added_days: float = 0.0
    added_variance: float = 0.0

    def shifted(self, mean: FloatArray, sd: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Return mean and sd of lead times with what is added to them, 0 or more each."""
        if not self.added_days and not self.added_variance:
            return mean, sd
        variance = np.maximum(0.0, sd**2 + self.added_variance)
        return np.maximum(0.0, mean + self.added_days), np.sqrt(variance)


OWN_TERMS = SupplierTerms()


def mean_delay_days(late_days: FloatArray, *, lead_time_days: float) -> float:
    """Return how late a late delivery is expected to be, days.

    late_days: of each late delivery, days beyond its promise. Their mean, drawn towards half
    the lead time with the weight of five deliveries.
    """
    prior = PRIOR_DELAY_SHARE * lead_time_days
    return float((late_days.sum() + PRIOR_LATE * prior) / (len(late_days) + PRIOR_LATE))


def lateness(*, present: float, assumed: float, delay_days: float) -> tuple[float, float]:
    """Return what another reliability adds to mean and variance of lead times, days and days².

    present, assumed: share of deliveries on time and in full, 0 to 1. A delivery that is not,
    with chance q = 1 − share, comes later by an exponential delay of mean d: it adds q·d to the
    mean and 2·q·d² − q²·d² to the variance (law of total variance). This model is the project's
    own: the planner itself knows lead times and no reliability.
    """
    late, late_assumed = 1 - present, 1 - assumed
    more = late_assumed - late
    return (
        more * delay_days,
        delay_days**2 * (2 * more - (late_assumed**2 - late**2)),
    )
