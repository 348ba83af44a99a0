"""Measures of a ranking, by hand."""

import math

import numpy as np
import pytest

from transactions.fraud.learning.measures import (
    area_under_roc,
    average_precision,
    card_precision,
    precision_and_recall,
)

FRAUD = np.array([True, False, True, False, False])
SCORE = np.array([0.9, 0.8, 0.7, 0.7, 0.1])


def test_area_under_roc_counts_pairs_and_halves_ties() -> None:
    # 0.9 beats 3 genuine; 0.7 beats 0.1, ties 0.7, loses to 0.8: (3 + 1.5) / 6.
    assert area_under_roc(FRAUD, SCORE) == pytest.approx(0.75)
    assert math.isnan(area_under_roc(np.array([True]), np.array([0.5])))


def test_average_precision_steps_over_distinct_scores() -> None:
    # At 0.9: precision 1, half of the frauds. At 0.7: 2 of 4, the other half. 0.5 + 0.25.
    assert average_precision(FRAUD, SCORE) == pytest.approx(0.75)
    # One score for all: the share of frauds.
    assert average_precision(FRAUD, np.zeros(5)) == pytest.approx(0.4)
    assert math.isnan(average_precision(np.zeros(2, np.bool_), np.zeros(2)))


def test_precision_and_recall_of_flags() -> None:
    flagged = np.array([True, True, True, False, False])

    assert precision_and_recall(FRAUD, flagged) == pytest.approx((2 / 3, 1.0))
    assert math.isnan(precision_and_recall(FRAUD, np.zeros(5, np.bool_))[0])


def test_card_precision_looks_at_the_riskiest_cards_of_each_day_and_drops_what_it_found() -> None:
    # Day 1: cards 1 (0.9, fraud) and 2 (0.8) are looked at: 1 of 2. Day 2: card 1 is gone; cards 2
    # (0.9) and, of 3 and 4 that tie, 3 (fraud): 1 of 2.
    day = np.array([1, 1, 1, 2, 2, 2, 2])
    card = np.array([1, 2, 3, 1, 2, 4, 3])
    score = np.array([0.9, 0.8, 0.1, 1.0, 0.9, 0.5, 0.5])
    fraud = np.array([1, 0, 0, 1, 0, 1, 1], np.bool_)

    assert card_precision(fraud, score, card=card, day=day, checked=2) == pytest.approx(0.5)
