"""How good a ranking is: measures over labelled lines, from their definitions."""

import numpy as np

from transactions.fraud.frame import Flags, Floats, Ints


def area_under_roc(is_fraud: Flags, score: Floats) -> float:
    """Return the chance that a fraud scores above a genuine line, a tie counting half; 0 to 1.

    Mann-Whitney: (R − F(F + 1)/2)/(F·G) with R the sum of the frauds' ranks, equal scores sharing
    their mean rank. NaN without frauds or without genuine lines.
    """
    frauds = int(is_fraud.sum())
    genuine = len(is_fraud) - frauds
    if not frauds or not genuine:
        return float("nan")
    _, group, size = np.unique(score, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(size) - (size - 1) / 2
    above = mean_rank[group[is_fraud]].sum() - frauds * (frauds + 1) / 2
    return float(above / (frauds * genuine))


def average_precision(is_fraud: Flags, score: Floats) -> float:
    """Return Σ (Rₖ − Rₖ₋₁)·Pₖ over the distinct scores, highest first; 0 to 1.

    P, R: precision and recall of all lines at or above the k-th score. NaN without frauds.
    """
    frauds = int(is_fraud.sum())
    if not frauds:
        return float("nan")
    by = np.argsort(-score, kind="stable")
    last_of_score = np.append(np.diff(score[by]) != 0, True)
    found = np.cumsum(is_fraud[by])[last_of_score]
    looked_at = np.flatnonzero(last_of_score) + 1
    return float(np.sum(np.diff(found, prepend=0) / frauds * found / looked_at))


def precision_and_recall(is_fraud: Flags, flagged: Flags) -> tuple[float, float]:
    """Return the share of flagged lines that are fraud, and of frauds that are flagged.

    NaN where nothing is flagged, or nothing is fraud.
    """
    hits = int((is_fraud & flagged).sum())
    flags, frauds = int(flagged.sum()), int(is_fraud.sum())
    return hits / flags if flags else float("nan"), hits / frauds if frauds else float("nan")


def card_precision(is_fraud: Flags, score: Floats, *, card: Ints, day: Ints, checked: int) -> float:
    """Return the mean over days of the share of compromised cards among the riskiest; 0 to 1.

    Every day each card has the highest score of its lines; the `checked` cards with the highest
    are looked at (equal scores: the lower card number first), and those with a fraud that day are
    found. A card once found is looked at no more. Le Borgne et al., Reproducible Machine Learning
    for Credit Card Fraud Detection, chapter 4.4.
    """
    found = np.zeros(0, np.int64)
    shares: list[float] = []
    for today in np.unique(day):
        lines = (day == today) & ~np.isin(card, found)
        cards, of = np.unique(card[lines], return_inverse=True)
        highest = np.full(len(cards), -np.inf)
        np.maximum.at(highest, of, score[lines])
        compromised = np.bincount(of, weights=is_fraud[lines], minlength=len(cards)) > 0
        first = np.lexsort((cards, -highest))[:checked]
        hits = cards[first[compromised[first]]]
        shares.append(len(hits) / checked)
        found = np.append(found, hits)
    return float(np.mean(shares)) if shares else float("nan")
