"""How good the scores of one week were, cards known to be compromised left out.

The protocol of Le Borgne et al., Reproducible Machine Learning for Credit Card Fraud Detection,
chapters 3.4 and 4: a card with a fraud in the training week (14 to 8 days before the first day of
the week), or on a day at least 8 days before the line's own since then, is blocked by its day and
no longer there to be found.
"""

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from transactions.fraud.frame import Flags, Floats, Ints
from transactions.fraud.learning.measures import (
    area_under_roc,
    average_precision,
    card_precision,
    precision_and_recall,
)
from transactions.fraud.replay.reading import LabelledFile

WEEK_DAYS = 7
DELAY_DAYS = 7


class CannotEvaluate(ValueError):
    """Scores and truth do not fit each other, or the week is not in them; says why."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Measures of a week, 0 to 1. checked: cards looked at a day, for card precision."""

    lines: int
    frauds: int
    auc: float
    average_precision: float
    card_precision: float
    checked: int
    precision: float
    recall: float


def evaluate_week(
    truth: LabelledFile, scores: pl.DataFrame, *, first_day: date, checked: int
) -> Evaluation:
    """Measure the scores of the seven days from first_day.

    truth: has to begin 14 days before. scores: transaction_id, fraud_score, is_suspicious.
    Raises CannotEvaluate.
    """
    label = truth.history.label
    day, first = truth.day, first_day.toordinal()
    _require_days(day, first)
    rows = _still_there(day, truth.customer, label == 1, first)
    if (label[rows] < 0).any():
        raise CannotEvaluate("Lines of the week have no label.")
    score, flagged = _joined(truth.transaction_id.gather(rows), scores)
    is_fraud = label[rows] == 1
    precision, recall = precision_and_recall(is_fraud, flagged)
    return Evaluation(
        lines=len(rows),
        frauds=int(is_fraud.sum()),
        auc=area_under_roc(is_fraud, score),
        average_precision=average_precision(is_fraud, score),
        card_precision=card_precision(
            is_fraud, score, card=truth.customer[rows], day=day[rows], checked=checked
        ),
        checked=checked,
        precision=precision,
        recall=recall,
    )


def _require_days(day: Ints, first: int) -> None:
    if not len(day):
        raise CannotEvaluate("The truth has no lines.")
    earliest, last = first - DELAY_DAYS - WEEK_DAYS, first + WEEK_DAYS - 1
    if day[0] > earliest or day[-1] < last:
        from_day, to_day = (date.fromordinal(int(d)) for d in (earliest, last))
        raise CannotEvaluate(f"The truth has to reach from {from_day} to {to_day}.")


def _still_there(day: Ints, card: Ints, is_fraud: Flags, first: int) -> Ints:
    """Return the week's lines whose card is not known to be compromised on their day."""
    training = first - DELAY_DAYS - WEEK_DAYS
    kept = []
    for today in range(first, first + WEEK_DAYS):
        known = is_fraud & (day >= training) & (day < today - DELAY_DAYS)
        lines = np.flatnonzero(day == today)
        kept.append(lines[~np.isin(card[lines], np.unique(card[known]))])
    return np.concatenate(kept)


def _joined(transaction_id: pl.Series, scores: pl.DataFrame) -> tuple[Floats, Flags]:
    joined = transaction_id.to_frame("transaction_id").join(
        scores, on="transaction_id", how="left", maintain_order="left"
    )
    lost = joined["fraud_score"].null_count()
    if joined.height != len(transaction_id):
        raise CannotEvaluate("The scores name a transaction twice.")
    if lost:
        raise CannotEvaluate(f"{lost:,} of {joined.height:,} lines of the week have no score.")
    score = joined["fraud_score"].to_numpy()
    if (score < 0).any() or (score > 1).any():
        raise CannotEvaluate("Scores lie between 0 and 1.")
    return score, joined["is_suspicious"].to_numpy()
