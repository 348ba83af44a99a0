"""The score adds up, says why, and decides."""

import math

import numpy as np
import pytest

from tests.transactions.test_windows import frame, nothing_past
from transactions.choices import Decision
from transactions.fraud.columns import PRIOR, SIGNALS
from transactions.fraud.risk import LineBaselines, no_risk
from transactions.fraud.scoring import Scores, decision_of, score_lines
from transactions.fraud.windows import customer_history


def scored(*, quantity: int = 1, q99: float = np.nan, twin: bool = False) -> Scores:
    """Score one line, after its twin a minute before if asked for."""
    lines = frame([(60.0, 1, "a", 1, 500, "GB"), (0.0, 1, "b", 1, 500 if twin else 700, "GB")])
    lines.quantity[1] = quantity
    unknown = np.full(2, np.nan)
    return score_lines(
        lines,
        history=customer_history(lines, nothing_past()),
        baselines=LineBaselines(
            category_median=unknown,
            category_mad=unknown,
            amount_q95=unknown,
            amount_q999=unknown,
            quantity_q99=np.array([np.nan, q99]),
            # So many orders a day that one more is nothing.
            market_rate_a_day=np.full(2, 1e6),
            risk=no_risk(2),
        ),
    )


def test_a_sale_without_signals_scores_the_base() -> None:
    scores = scored()

    # σ(−4.8) = 1/(1 + e^4.8)
    assert scores.fraud_score[1] == pytest.approx(1 / (1 + math.exp(4.8)))
    assert scores.reasons(1) == [
        {
            "code": "base",
            "label": "Any sale",
            "fact": "what a sale starts from",
            "value": 1.0,
            "contribution": -4.8,
            "score_without": 0.5,
        }
    ]


def test_contributions_add_up_and_each_says_the_score_without_it() -> None:
    scores = scored(quantity=12, q99=4.0, twin=True)

    reasons = {reason["code"]: reason for reason in scores.reasons(1)}
    # F8 is 1, weight 5; F11 is (12/4 − 1)/4 = 0.5, weight 5: −4.8 + 5 + 2.5 = 2.7.
    assert set(reasons) == {"base", "F8", "F11"}
    total = sum(reason["contribution"] for reason in reasons.values())
    assert total == pytest.approx(2.7, abs=1e-9)
    score = float(scores.fraud_score[1])
    assert math.log(score / (1 - score)) == pytest.approx(total, abs=1e-9)
    assert reasons["F11"]["value"] == 0.5
    # Without F11: σ(0.2); without F8: σ(−2.3).
    assert reasons["F11"]["score_without"] == pytest.approx(0.549834, abs=1e-6)
    assert reasons["F8"]["score_without"] == pytest.approx(0.091123, abs=1e-6)
    assert reasons["F8"]["fact"] == "same product and amount 60 seconds before"
    assert reasons["F11"]["fact"] == "12 units; 99 of 100 lines have 4.0 or fewer"
    assert scores.is_suspicious.tolist() == [False, True]


def test_the_prior_has_a_weight_for_every_signal_and_none_speaks_for_a_sale() -> None:
    assert len(PRIOR.weights) == len(SIGNALS)
    # What an amount means by itself is for labels to say.
    assert [s.code for s, w in zip(SIGNALS, PRIOR.weights, strict=True) if w == 0] == ["L1"]
    assert min(PRIOR.weights) == 0 > PRIOR.base


@pytest.mark.parametrize(
    ("score", "rules", "decision", "suspicious"),
    [
        (0.49, [], Decision.ALLOW, False),
        (0.61, [], Decision.REVIEW, True),
        # Above one half and within the threshold: suspicious, not held.
        (0.55, [], Decision.ALLOW, True),
        (0.60, [], Decision.ALLOW, True),
        (0.1, [Decision.REVIEW], Decision.REVIEW, True),
        (0.1, [Decision.REVIEW, Decision.BLOCK], Decision.BLOCK, True),
        (0.9, [Decision.REVIEW, Decision.BLOCK, Decision.ALLOW], Decision.ALLOW, True),
        (0.1, [Decision.ALLOW], Decision.ALLOW, False),
    ],
)
def test_allow_goes_before_block_before_review_before_the_score(
    score: float, rules: list[Decision], decision: Decision, suspicious: bool
) -> None:
    assert decision_of(score, review_above=0.6, rules=rules) == (decision, suspicious)
