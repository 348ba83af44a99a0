"""What the quality of fraud work is measured by. Pure: arrays in, numbers out.

Every measure is None where too few labels are known to tell, and says of how many it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from transactions.fraud.learning.measures import (
    area_under_roc,
    average_precision,
    precision_and_recall,
)

Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Fewest labels that a share is told of (judgement: a share of fewer is a coin or two).
LEAST_LABELS: Final = 20
# Fewest sales on either side that a shift of a signal is told of.
LEAST_LINES: Final = 200
# Keeps an empty bin from making the index infinite.
_LEAST_SHARE: Final = 1e-4


@dataclass(frozen=True, slots=True)
class Measure:
    """A number with how many labels (or decisions) it is of; value: None of too few."""

    value: float | None
    of: int

    @property
    def missing(self) -> int:
        """Return how many more it takes to tell."""
        return max(0, LEAST_LABELS - self.of)


@dataclass(frozen=True, slots=True)
class LabelledLines:
    """Lines whose order's label is known, as columns of one length.

    day: days since 1970-01-01 of the shop's calendar. customer: 0 = anonymous. score: 0 to 1.
    stopped: held or blocked when recorded. fraud: what the surest label says.
    """

    day: Ints
    customer: Ints
    amount: Floats
    score: Floats
    stopped: Flags
    fraud: Flags
    version: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.day)

    def within(self, first: int, last: int) -> "LabelledLines":
        """Return the lines of the days [first, last)."""
        return self.only((self.day >= first) & (self.day < last))

    def only(self, chosen: Flags) -> "LabelledLines":
        """Return the chosen lines."""
        return LabelledLines(
            self.day[chosen],
            self.customer[chosen],
            self.amount[chosen],
            self.score[chosen],
            self.stopped[chosen],
            self.fraud[chosen],
            self.version[chosen],
        )


@dataclass(frozen=True, slots=True)
class RiskiestOrders:
    """The orders with the highest scores of each day, as many as people can review.

    day: of each order; fraud: what is known of it; known: whether anything is.
    """

    day: Ints
    fraud: Flags
    known: Flags

    def within(self, first: int, last: int) -> "RiskiestOrders":
        """Return the orders of the days [first, last)."""
        chosen = (self.day >= first) & (self.day < last)
        return RiskiestOrders(self.day[chosen], self.fraud[chosen], self.known[chosen])


def precision_at_capacity(orders: RiskiestOrders) -> Measure:
    """Return the share of fraud among a day's riskiest orders that are labelled, 0 to 1.

    Every labelled order counts the same, whatever its day. Orders without a label say nothing.
    """
    known = int(orders.known.sum())
    hits = int((orders.fraud & orders.known).sum())
    return Measure(hits / known if known >= LEAST_LABELS else None, known)


def recall_by_amount(lines: LabelledLines) -> Measure:
    """Return the share of the money in known frauds that was held or blocked, 0 to 1."""
    frauds = int(lines.fraud.sum())
    money = float(lines.amount[lines.fraud].sum())
    caught = float(lines.amount[lines.fraud & lines.stopped].sum())
    return Measure(caught / money if frauds >= LEAST_LABELS and money else None, frauds)


def false_positives_per_1000(lines: LabelledLines, *, customers: int) -> Measure:
    """Return how many of 1,000 customers who bought were stopped with a genuine order.

    customers: distinct ones who bought at all in the same time.
    """
    wronged = lines.customer[lines.stopped & ~lines.fraud & (lines.customer > 0)]
    of = len(lines)
    if of < LEAST_LABELS or not customers:
        return Measure(None, of)
    return Measure(len(np.unique(wronged)) / customers * 1000, of)


def median_of(seconds: Sequence[float]) -> Measure:
    """Return the median; None of fewer than five."""
    return Measure(float(np.median(seconds)) if len(seconds) >= 5 else None, len(seconds))


@dataclass(frozen=True, slots=True)
class ModelQuality:
    """How one version of the score did on the labelled lines it scored.

    average_precision, auc: of its ranking; precision, recall: of score above one half. None of
    too few labels of either kind.
    """

    version: str
    lines: int
    frauds: int
    average_precision: float | None
    auc: float | None
    precision: float | None
    recall: float | None


def model_quality(version: str, lines: LabelledLines, *, threshold: float) -> ModelQuality:
    """Return how a version did. Measures: see transactions.fraud.learning.measures."""
    frauds = int(lines.fraud.sum())
    if frauds < LEAST_LABELS or len(lines) - frauds < LEAST_LABELS:
        return ModelQuality(version, len(lines), frauds, None, None, None, None)
    precision, recall = precision_and_recall(lines.fraud, lines.score > threshold)
    return ModelQuality(
        version,
        len(lines),
        frauds,
        average_precision(lines.fraud, lines.score),
        area_under_roc(lines.fraud, lines.score),
        None if np.isnan(precision) else precision,
        None if np.isnan(recall) else recall,
    )


def population_stability(reference: Ints, recent: Ints) -> float | None:
    """Return the population stability index of two histograms over the same bins, ≥ 0.

    PSI = Σ (pᵢ − qᵢ)·ln(pᵢ/qᵢ), p the recent and q the reference share of bin i, each at least
    0.0001. Read as: below 0.1 nothing moved, above 0.25 it did (Siddiqi, Credit Risk Scorecards,
    2006). None where either side has fewer than 200 lines.
    """
    if reference.sum() < LEAST_LINES or recent.sum() < LEAST_LINES:
        return None
    q = np.maximum(reference / reference.sum(), _LEAST_SHARE)
    p = np.maximum(recent / recent.sum(), _LEAST_SHARE)
    return float(np.sum((p - q) * np.log(p / q)))
