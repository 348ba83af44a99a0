"""Scores with ties, every cell of the segments, loyalty and its tiers."""

import itertools

import numpy as np
import pytest

from analytics import rfm
from analytics.choices import LoyaltyTier, Segment


def test_scores_by_quintile() -> None:
    # 0, 1, 2, 3, 4 of 5 are worse: 1 + floor(5·k/5).
    assert rfm.quintile_scores(np.array([10, 20, 30, 40, 50])).tolist() == [1, 2, 3, 4, 5]


def test_ties_share_the_better_score() -> None:
    # Worse than 7: 0 of 4; worse than 9: 3 of 4, 1 + floor(15/4) = 4.
    assert rfm.quintile_scores(np.array([7, 9, 7, 7])).tolist() == [1, 4, 1, 1]


def test_fewer_days_are_better() -> None:
    # 3 days: two of three are worse, 1 + floor(10/3) = 4; 100 days: none.
    scores = rfm.quintile_scores(np.array([3, 100, 40]), fewer_is_better=True)

    assert scores.tolist() == [4, 1, 2]


@pytest.mark.parametrize(
    ("r", "f", "m", "orders", "segment"),
    [
        (4, 1, 1, 1, Segment.NEW),
        (5, 5, 5, 1, Segment.NEW),
        (5, 4, 4, 9, Segment.CHAMPIONS),
        (5, 4, 3, 9, Segment.CHAMPIONS),  # FM = floor(3.5 + 0.5) = 4
        (4, 4, 4, 9, Segment.LOYAL),
        (3, 5, 4, 9, Segment.LOYAL),
        (5, 3, 2, 3, Segment.POTENTIAL),  # FM 3
        (4, 2, 2, 2, Segment.POTENTIAL),
        (4, 1, 1, 2, Segment.PROMISING),
        (3, 3, 3, 3, Segment.ATTENTION),
        (3, 2, 2, 3, Segment.ABOUT_TO_SLEEP),
        (3, 1, 1, 1, Segment.ABOUT_TO_SLEEP),
        (1, 4, 4, 9, Segment.CANNOT_LOSE),
        (2, 3, 3, 4, Segment.AT_RISK),
        (2, 5, 5, 4, Segment.AT_RISK),
        (1, 3, 3, 4, Segment.AT_RISK),
        (1, 1, 1, 1, Segment.LOST),
        (2, 2, 2, 2, Segment.HIBERNATING),
        (1, 2, 2, 2, Segment.HIBERNATING),
        (2, 1, 1, 1, Segment.HIBERNATING),
    ],
)
def test_segments(r: int, f: int, m: int, orders: int, segment: Segment) -> None:
    arrays = [np.array([value]) for value in (r, f, m)]

    assert rfm.segments(*arrays, orders=np.array([orders])) == [segment]


def test_every_cell_has_a_segment_that_fits_its_recency() -> None:
    cells = np.array(list(itertools.product(range(1, 6), repeat=3)))

    found = rfm.segments(*cells.T, orders=np.full(len(cells), 2))

    asleep = {Segment.HIBERNATING, Segment.LOST, Segment.AT_RISK, Segment.CANNOT_LOSE}
    for (r, _, _), segment in zip(cells.tolist(), found, strict=True):
        assert (segment in asleep) == (r <= 2)


def test_loyalty_weighs_recency_most() -> None:
    # 40·5/5 + 35·1/5 + 25·1/5 = 52; 40·1/5 + 35·5/5 + 25·5/5 = 68; all fives 100, all ones 20.
    r, f, m = np.array([5, 1, 5, 1]), np.array([1, 5, 5, 1]), np.array([1, 5, 5, 1])

    assert rfm.loyalty(r, f, m).tolist() == [52, 68, 100, 20]


@pytest.mark.parametrize(
    ("points", "held", "tier"),
    [
        (49.9, None, LoyaltyTier.BRONZE),
        (50.0, None, LoyaltyTier.SILVER),
        (70.0, None, LoyaltyTier.GOLD),
        (85.0, None, LoyaltyTier.PLATINUM),
        (80.0, LoyaltyTier.PLATINUM, LoyaltyTier.PLATINUM),
        (79.9, LoyaltyTier.PLATINUM, LoyaltyTier.GOLD),
        (45.0, LoyaltyTier.SILVER, LoyaltyTier.SILVER),
        (44.9, LoyaltyTier.SILVER, LoyaltyTier.BRONZE),
        # Holding a lower tier does not keep anybody from rising.
        (86.0, LoyaltyTier.BRONZE, LoyaltyTier.PLATINUM),
    ],
)
def test_tiers_are_lost_later_than_won(
    points: float, held: LoyaltyTier | None, tier: LoyaltyTier
) -> None:
    assert rfm.tier(points, held=held) == tier


def test_medians_and_deviations_of_runs() -> None:
    values = np.array([3.0, 1.0, 2.0, 10.0, 20.0, 5.0])
    starts, counts = np.array([0, 3, 5]), np.array([3, 2, 1])

    assert rfm.grouped_median(values, starts, counts).tolist() == [2.0, 15.0, 5.0]
    # Sample sd of 1, 2, 3 is 1; of 10, 20 is 7.0710678; of one value 0.
    assert rfm.grouped_sd(values, starts, counts) == pytest.approx([1.0, 7.0710678, 0.0])
