"""Recency, frequency and monetary value of customers: scores, segments, loyalty, tier.

Plain arrays in, plain arrays out; one entry a customer with an order in the window. The weights
of loyalty and the cells of the segments are this project's own, set by judgement.
"""

import numpy as np
from numpy.typing import NDArray

from analytics.choices import LoyaltyTier, Segment

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

GRADES = 5
# Loyalty is 40 points of recency, 35 of frequency and 25 of money at the best score of each.
R_POINTS, F_POINTS, M_POINTS = 40, 35, 25
# A tier begins at this loyalty; whoever holds it loses it this many points below.
TIER_EDGES = (
    (LoyaltyTier.PLATINUM, 85.0),
    (LoyaltyTier.GOLD, 70.0),
    (LoyaltyTier.SILVER, 50.0),
    (LoyaltyTier.BRONZE, 0.0),
)
HYSTERESIS = 5.0


def quintile_scores(values: Floats | Ints, *, fewer_is_better: bool = False) -> Ints:
    """Return scores 1 (worst) to 5 (best): 1 + floor(5 · (count strictly worse) / n), at most 5.

    Ties share the better score: equal values have equally many that are worse.
    """
    count = len(values)
    ordered = np.sort(values)
    if fewer_is_better:
        worse = count - np.searchsorted(ordered, values, side="right")
    else:
        worse = np.searchsorted(ordered, values, side="left")
    return np.minimum(GRADES, 1 + GRADES * worse // max(count, 1)).astype(np.int64)


def segments(r: Ints, f: Ints, m: Ints, *, orders: Ints) -> list[Segment]:
    """Return each customer's segment by R and FM = floor((F + M)/2 + 0.5); first match wins.

    r, f, m: scores 1 to 5. orders: orders in the window.
    """
    fm = (f + m + 1) // 2
    rules: list[tuple[NDArray[np.bool_], Segment]] = [
        ((orders == 1) & (r >= 4), Segment.NEW),
        ((r == 5) & (fm >= 4), Segment.CHAMPIONS),
        # R 4 with FM 4 and up too: a champion's habits, not quite as recent.
        ((r >= 3) & (r <= 4) & (fm >= 4), Segment.LOYAL),
        ((r >= 4) & (fm >= 2), Segment.POTENTIAL),
        (r >= 4, Segment.PROMISING),
        ((r == 3) & (fm == 3), Segment.ATTENTION),
        (r == 3, Segment.ABOUT_TO_SLEEP),
        ((r == 1) & (fm >= 4), Segment.CANNOT_LOSE),
        ((r == 2) & (fm >= 3), Segment.AT_RISK),
        ((r == 1) & (fm == 3), Segment.AT_RISK),
        ((r == 1) & (fm == 1), Segment.LOST),
    ]
    chosen = np.select(
        [condition for condition, _ in rules],
        list(range(len(rules))),
        default=len(rules),
    )
    names = [segment for _, segment in rules] + [Segment.HIBERNATING]
    return [names[index] for index in chosen.tolist()]


def loyalty(r: Ints, f: Ints, m: Ints) -> Floats:
    """Return loyalty, 20 to 100: 40·R/5 + 35·F/5 + 25·M/5."""
    return (R_POINTS * r + F_POINTS * f + M_POINTS * m) / GRADES


def tier(points: float, *, held: LoyaltyTier | None) -> LoyaltyTier:
    """Return the tier of a loyalty, 0 to 100: bronze < 50 ≤ silver < 70 ≤ gold < 85 ≤ platinum.

    held: the tier before, if any; it is kept down to 5 points below its edge.
    """
    for name, edge in TIER_EDGES:
        if points >= edge or (name == held and points >= edge - HYSTERESIS):
            return name
    return LoyaltyTier.BRONZE


def grouped_median(values: Floats, starts: Ints, counts: Ints) -> Floats:
    """Return the median of each run of `values`: run i begins at starts[i] and has counts[i].

    Counts are 1 or more. Sorts within runs, so the cost is that of one sort.
    """
    runs = np.repeat(np.arange(len(starts)), counts)
    ordered = values[np.lexsort((values, runs))]
    low = starts + (counts - 1) // 2
    high = starts + counts // 2
    return np.asarray((ordered[low] + ordered[high]) / 2, dtype=np.float64)


def grouped_sd(values: Floats, starts: Ints, counts: Ints) -> Floats:
    """Return the sample standard deviation of each run; 0 for a run of one."""
    means = np.add.reduceat(values, starts) / counts
    squares = np.add.reduceat((values - np.repeat(means, counts)) ** 2, starts)
    return np.asarray(np.sqrt(squares / np.maximum(counts - 1, 1)), dtype=np.float64)
