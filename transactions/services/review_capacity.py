"""From which score on sales are held, so that analysts can keep up."""

from collections.abc import Sequence

import numpy as np

from techmart.core.shop import shop_settings
from transactions.choices import StatisticKind
from transactions.fraud.frame import Floats
from transactions.fraud.scoring import SUSPICIOUS_ABOVE
from transactions.models import FraudModel, FraudStatistic

CURVE = "review_curve"
# Beyond so many cases a day nothing is held back.
MOST_CASES_A_DAY = 500


def review_curve(fraud_score: Floats, orders: Sequence[str], *, days: int) -> list[float]:
    """Return, for a capacity of 0, 1, 2… cases a day, the score above which sales are held.

    fraud_score, orders: of every line of `days` days. A case is an order, as risky as its riskiest
    line; the score is that of the first one too many, were the riskiest taken first. Ends where a
    further case would be less likely fraud than not: from there on all above one half are held.
    """
    highest: dict[str, float] = {}
    suspicious = np.flatnonzero(fraud_score > SUSPICIOUS_ABOVE)
    for line in suspicious.tolist():
        order = orders[line]
        highest[order] = max(highest.get(order, 0.0), float(fraud_score[line]))
    ranked = sorted(highest.values(), reverse=True)
    return [*ranked[:: max(days, 1)][:MOST_CASES_A_DAY], SUSPICIOUS_ABOVE]


def review_above_of(model: FraudModel | None) -> float | None:
    """Return the score above which sales are held under a model; None when it was not measured."""
    curve: list[float] = model.metrics.get(CURVE, []) if model is not None else []
    if not curve:
        return None
    return curve[min(shop_settings().review_capacity_per_day, len(curve) - 1)]


def hold_by(model: FraudModel) -> None:
    """Hold sales from the score on that fits a model, at once."""
    threshold = review_above_of(model)
    if threshold is not None:
        FraudStatistic.objects.filter(kind=StatisticKind.REVIEW_THRESHOLD, key="").update(
            value=threshold
        )
