"""Lead times from receipts, and the interval that an order must cover."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from inventory.arrays import BoolArray, FloatArray, IntArray
from inventory.forecasting.summed_demand import DayWeights
from inventory.reorder.quantiles import gamma_above

# Receipts that a prior is worth. Domain: the same weight for mean and variance.
PRIOR_RECEIPTS = 5
# Lengths beyond this many standard deviations are left out.
TAIL_SDS = 5
# A year: no supplier's lead time is planned beyond.
LONGEST_DAYS = 366


def shrunk(observed: FloatArray, receipts: FloatArray, prior: FloatArray) -> FloatArray:
    """Return (n·m + 5·M)/(n + 5): what few receipts say, drawn towards a prior.

    observed: m, anything where receipts n is 0. prior: M, the supplier's. Used for means and,
    with the observed variance, for variances.
    """
    known = np.where(receipts > 0, observed, 0.0)
    return (receipts * known + PRIOR_RECEIPTS * prior) / (receipts + PRIOR_RECEIPTS)


@dataclass(frozen=True, slots=True)
class Deliveries:
    """What receipts say of lead times, (rows,) each: one row a receipt, or several summed up.

    supplier_ids, product_ids: whose they are. receipts: how many the row stands for, 1 or more.
    days, squared_days: mean of the days from order sent to receipt, and mean of their squares.
    """

    supplier_ids: IntArray
    product_ids: IntArray
    receipts: FloatArray
    days: FloatArray
    squared_days: FloatArray


NOTHING_DELIVERED = Deliveries(
    np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64), *(np.zeros(0) for _ in range(3))
)


def learned_lead_times(
    seen: Deliveries,
    *,
    product_ids: IntArray,
    supplier_ids: IntArray,
    own_promise: FloatArray,
    promise: FloatArray,
    promise_sd: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Return mean and sd of each product's lead time, (products,) each, days.

    The supplier's receipts are drawn towards its promise, the product's towards its supplier's
    (domain 3.1); a lead time set on the product, own_promise where it is a number, stands in
    for the supplier's. The other arguments are of the products, too.
    """
    mean, variance = promise, promise_sd**2
    for keys, seen_keys, own in (
        (supplier_ids, seen.supplier_ids, np.full_like(promise, np.nan)),
        (product_ids, seen.product_ids, own_promise),
    ):
        receipts, observed, observed_variance = _moments(keys, seen_keys, seen)
        mean = shrunk(observed, receipts, np.where(np.isnan(own), mean, own))
        variance = shrunk(observed_variance, receipts, variance)
    return mean, np.sqrt(variance)


def _moments(
    keys: IntArray, seen_keys: IntArray, seen: Deliveries
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return receipts, mean and variance of each key; no receipts where nothing was seen."""
    distinct, which = np.unique(np.concatenate([keys, seen_keys]), return_inverse=True)
    rows = which[len(keys) :]

    def total(values: FloatArray) -> FloatArray:
        sums = np.bincount(rows, weights=values, minlength=len(distinct)).astype(np.float64)
        return sums[which[: len(keys)]]

    receipts = total(seen.receipts)
    counted = np.maximum(receipts, 1.0)
    mean = total(seen.receipts * seen.days) / counted
    mean_square = total(seen.receipts * seen.squared_days) / counted
    return receipts, mean, np.maximum(0.0, mean_square - mean**2)


@dataclass(frozen=True, slots=True)
class Interval:
    """Protection interval P = L + R per product, (products,) each, in days, 0 or more.

    lead_time_days, lead_time_sd_days: from order sent to receipt, mean and sd. review_days: R,
    between two chances to order.
    """

    lead_time_days: FloatArray
    lead_time_sd_days: FloatArray
    review_days: FloatArray

    @classmethod
    def fixed(cls, days: float, products: int) -> Self:
        """Return the same certain length for so many products."""
        return cls(np.full(products, float(days)), np.zeros(products), np.zeros(products))

    @property
    def days(self) -> FloatArray:
        """Mean length."""
        return self.lead_time_days + self.review_days

    def of(self, products: IntArray | BoolArray) -> Self:
        """Return the intervals of some products only."""
        return type(self)(
            self.lead_time_days[products],
            self.lead_time_sd_days[products],
            self.review_days[products],
        )

    def without_review(self) -> Self:
        """Return the lead time alone."""
        return type(self)(
            self.lead_time_days, self.lead_time_sd_days, np.zeros_like(self.review_days)
        )

    def lengths(self) -> DayWeights:
        """Return how likely each whole number of days is, per product.

        A fixed lead time falls on the two whole numbers around L + R, in the shares that keep
        the mean. One that varies is a gamma with its mean and sd, rounded to whole days.
        """
        keys = np.column_stack([self.lead_time_days, self.lead_time_sd_days, self.review_days])
        distinct, which = np.unique(keys, axis=0, return_inverse=True)
        rows = _distinct_lengths(distinct[:, 0], distinct[:, 1], distinct[:, 2])
        return DayWeights(rows[which.ravel()])


def protection_moments(
    daily_mean: FloatArray, daily_sd: FloatArray, interval: Interval
) -> tuple[FloatArray, FloatArray]:
    """Return mean and variance of demand over P = L + R, in units and units².

    μ_P = μ_d·(μ_L + R); σ_P² = (μ_L + R)·σ_d² + μ_d²·σ_L², days independent. Source: law of
    total variance; Silver, Pyke and Thomas, Inventory and Production Management in Supply Chains.
    """
    return (
        daily_mean * interval.days,
        interval.days * daily_sd**2 + daily_mean**2 * interval.lead_time_sd_days**2,
    )


def _distinct_lengths(lead: FloatArray, sd: FloatArray, review: FloatArray) -> FloatArray:
    # Each row ends by its own figures, so that it is the same in any company.
    longest = np.minimum(np.ceil(lead + TAIL_SDS * sd + review) + 1, LONGEST_DAYS)
    days = np.arange(int(longest.max()) + 1)
    fixed = np.maximum(0.0, 1.0 - np.abs(days - (lead + review)[:, None]))
    varies = (sd > 0) & (lead > 0)
    shape = (np.where(varies, lead, 1.0) / np.where(varies, sd, 1.0)) ** 2
    scale = np.where(varies, lead, 1.0) / shape
    # A length counts as a day from half a day before it to half a day after.
    until = np.maximum(0.0, days + 0.5 - review[:, None])
    reached = 1.0 - gamma_above(until, shape[:, None], scale[:, None])
    reached = np.where(days >= longest[:, None], 1.0, reached)
    weights = np.where(varies[:, None], np.diff(reached, axis=1, prepend=0.0), fixed)
    total: FloatArray = weights.sum(axis=1, keepdims=True)
    return weights / total
