"""How past reviews ended at a score: a guide for the next one."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import connection

from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import REVIEW_OUTCOMES
from transactions.choices import LabelSource

# Twenty bins of five points, and the fewest reviews that a share is worth telling of.
BIN: Final = 0.05
LEAST_REVIEWS: Final = 10
_KEPT_FOR = timedelta(days=365)

# An order counts once, at its highest score; an analyst's newest word on it is the outcome.
_OUTCOMES = """
WITH told AS (
    SELECT DISTINCT ON (order_ref) order_ref, is_fraud
    FROM fraud_labels
    WHERE source = %s AND known_at >= %s AND known_at < %s
    ORDER BY order_ref, known_at DESC, id DESC
)
SELECT least(floor(score.value / %s)::int, 19), count(*), count(*) FILTER (WHERE told.is_fraud)
FROM told
CROSS JOIN LATERAL (
    SELECT max(fraud_score) AS value FROM transactions WHERE order_ref = told.order_ref
) AS score
WHERE score.value IS NOT NULL
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class PastReviews:
    """Reviews of the past year at scores from `low` to `high` (0 to 1); declined: how many of
    them ended in a decline."""

    low: float
    high: float
    reviewed: int
    declined: int

    @property
    def share(self) -> float | None:
        """Return the share of declines, 0 to 1; None of too few reviews."""
        return self.declined / self.reviewed if self.reviewed >= LEAST_REVIEWS else None

    @property
    def missing(self) -> int:
        """Return how many more reviews it takes to tell a share."""
        return max(0, LEAST_REVIEWS - self.reviewed)


def past_reviews(score: float, *, now: datetime) -> PastReviews:
    """Return how reviews at about this score ended, from the analysts' labels."""
    outcomes = get_or_compute(REVIEW_OUTCOMES, {}, lambda: _outcomes(now)).value
    place = min(int(score / BIN), 19)
    reviewed, declined = outcomes.get(place, (0, 0))
    return PastReviews(place * BIN, (place + 1) * BIN, reviewed, declined)


def _outcomes(now: datetime) -> dict[int, tuple[int, int]]:
    with connection.cursor() as cursor:
        cursor.execute(_OUTCOMES, [LabelSource.ANALYST, now - _KEPT_FOR, now, BIN])
        return {place: (reviewed, declined) for place, reviewed, declined in cursor.fetchall()}
