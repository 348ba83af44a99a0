"""What the measures of quality are made of, read in a handful of statements."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import numpy as np
from django.db import connection

from transactions.choices import Decision, LabelSource
from transactions.quality.measures import Floats, Ints, LabelledLines, RiskiestOrders

# As transactions.fraud.labels settles a conflict, the least sure first.
SURENESS: Final = (
    LabelSource.CUSTOMER,
    LabelSource.ANALYST,
    LabelSource.PLANTED,
    LabelSource.CHARGEBACK,
)
# A label is known after its sale, so that none of the window's is missed by its time.
_VERDICTS = """
verdicts AS (
    SELECT DISTINCT ON (order_ref) order_ref, is_fraud
    FROM fraud_labels
    WHERE known_at >= %(since)s AND known_at < %(until)s
    ORDER BY order_ref, array_position(%(sureness)s::text[], source::text) DESC,
        known_at DESC, id DESC
)
"""
_DAY = "(sale.timestamp AT TIME ZONE shop_time_zone())::date - date '1970-01-01'"

_LABELLED = f"""
WITH {_VERDICTS}
SELECT {_DAY}, coalesce(sale.customer_id, 0), sale.total_amount::float8, sale.fraud_score,
    sale.decision <> %(allow)s, verdicts.is_fraud, sale.score_version
FROM verdicts JOIN transactions AS sale USING (order_ref)
WHERE sale.timestamp >= %(since)s AND sale.timestamp < %(until)s
"""

_RISKIEST = f"""
WITH {_VERDICTS}, orders AS (
    SELECT {_DAY} AS day, sale.order_ref, max(sale.fraud_score) AS score
    FROM transactions AS sale
    WHERE sale.timestamp >= %(since)s AND sale.timestamp < %(until)s
    GROUP BY 1, 2
), ranked AS (
    SELECT day, order_ref,
        row_number() OVER (PARTITION BY day ORDER BY score DESC, order_ref) AS place
    FROM orders
)
SELECT ranked.day, coalesce(verdicts.is_fraud, false), verdicts.is_fraud IS NOT NULL
FROM ranked LEFT JOIN verdicts USING (order_ref)
WHERE place <= %(capacity)s
"""

_CUSTOMERS = f"""
SELECT least(greatest(({_DAY} - %(first)s) / 7, 0), %(last)s), count(DISTINCT sale.customer_id)
FROM transactions AS sale
WHERE sale.timestamp >= %(since)s AND sale.timestamp < %(until)s
GROUP BY 1
"""

_DECISIONS = f"""
SELECT {_DAY}, extract(epoch FROM made.decided_at - sale.recorded_at)::float8,
    extract(epoch FROM made.decided_at - made.claimed_at)::float8
FROM review_decisions AS made JOIN transactions AS sale ON sale.id = made.transaction_id
WHERE made.decided_at >= %(since)s AND made.decided_at < %(until)s
    AND made.withdrawn_at IS NULL
"""

_RULES = f"""
WITH {_VERDICTS}
SELECT rule.id, rule.name, rule.action, hit.shadow, count(*),
    count(verdicts.is_fraud), count(*) FILTER (WHERE verdicts.is_fraud),
    coalesce(sum(sale.total_amount) FILTER (WHERE verdicts.is_fraud), 0)
FROM rule_hits AS hit
JOIN fraud_rule_versions AS version ON version.id = hit.version_id
JOIN fraud_rules AS rule ON rule.id = version.rule_id
JOIN transactions AS sale ON sale.id = hit.transaction_id
LEFT JOIN verdicts ON verdicts.order_ref = sale.order_ref
WHERE hit.at >= %(since)s AND hit.at < %(until)s
GROUP BY 1, 2, 3, 4
ORDER BY count(*) DESC, rule.name
"""

# Bins of a signal of 0 to 1: silent, then quarters. A sale without reasons was not scored.
BINS: Final = 5
_SIGNALS = """
SELECT sale.timestamp >= %(recent)s, part ->> 'code',
    least(greatest(ceil((part ->> 'value')::float8 * 4), 0), 4)::int, count(*)
FROM transactions AS sale CROSS JOIN LATERAL jsonb_array_elements(sale.reasons) AS part
WHERE sale.timestamp >= %(since)s AND sale.timestamp < %(until)s
GROUP BY 1, 2, 3
"""
_SCORED = """
SELECT timestamp >= %(recent)s, count(*) FROM transactions
WHERE timestamp >= %(since)s AND timestamp < %(until)s AND reasons <> '[]'
GROUP BY 1
"""


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, [since, until), whose labels are known by `until`."""

    since: datetime
    until: datetime

    def parameters(self) -> dict[str, Any]:
        """Return what the statements ask for."""
        return {
            "since": self.since,
            "until": self.until,
            "sureness": [source.value for source in SURENESS],
            "allow": Decision.ALLOW.value,
        }


@dataclass(frozen=True, slots=True)
class RuleHits:
    """Hits of a rule. labelled: on orders with a label; frauds: of these; amount: of frauds."""

    rule_id: int
    name: str
    action: str
    shadow: bool
    hits: int
    labelled: int
    frauds: int
    amount: float


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """Decisions as columns. waited: seconds since the sale was recorded; handled: since the case
    was taken on, NaN where it was not. day: of the sale."""

    day: Ints
    waited: Floats
    handled: Floats


def labelled_lines(span: Span) -> LabelledLines:
    """Return the span's lines whose order is labelled by its end."""
    rows = _rows(_LABELLED, span.parameters())
    day, customer, amount, score, stopped, fraud, version = _columns(rows, 7)
    return LabelledLines(
        np.array(day, np.int64),
        np.array(customer, np.int64),
        np.array(amount, np.float64),
        np.array(score, np.float64),
        np.array(stopped, np.bool_),
        np.array(fraud, np.bool_),
        np.array(version, np.object_),
    )


def riskiest_orders(span: Span, *, capacity: int) -> RiskiestOrders:
    """Return each day's `capacity` orders with the highest scores."""
    day, fraud, known = _columns(_rows(_RISKIEST, {**span.parameters(), "capacity": capacity}), 3)
    return RiskiestOrders(
        np.array(day, np.int64), np.array(fraud, np.bool_), np.array(known, np.bool_)
    )


def customers_by_week(span: Span, *, first_day: int, weeks: int) -> dict[int, int]:
    """Return how many customers bought in each week of seven days from `first_day`."""
    given = {**span.parameters(), "first": first_day, "last": weeks - 1}
    return dict(_rows(_CUSTOMERS, given))


def customers_in(span: Span) -> int:
    """Return how many customers bought."""
    [(count,)] = _rows(
        "SELECT count(DISTINCT customer_id) FROM transactions"
        " WHERE timestamp >= %(since)s AND timestamp < %(until)s",
        span.parameters(),
    )
    return int(count)


def decision_times(span: Span) -> DecisionTimes:
    """Return how long the span's decisions took."""
    day, waited, handled = _columns(_rows(_DECISIONS, span.parameters()), 3)
    return DecisionTimes(
        np.array(day, np.int64),
        np.array(waited, np.float64),
        np.array([np.nan if each is None else each for each in handled], np.float64),
    )


def rule_hits(span: Span) -> list[RuleHits]:
    """Return what each rule met, those with the most hits first."""
    return [
        RuleHits(rule_id, name, action, shadow, hits, labelled, frauds, float(amount))
        for rule_id, name, action, shadow, hits, labelled, frauds, amount in _rows(
            _RULES, span.parameters()
        )
    ]


def signal_bins(span: Span, *, recent_from: datetime) -> dict[str, tuple[Ints, Ints]]:
    """Return each signal's histogram before and from `recent_from` on; bins as in BINS."""
    given = {**span.parameters(), "recent": recent_from}
    scored = dict(_rows(_SCORED, given))
    counted: dict[str, tuple[Ints, Ints]] = defaultdict(
        lambda: (np.zeros(BINS, np.int64), np.zeros(BINS, np.int64))
    )
    for recent, code, place, count in _rows(_SIGNALS, given):
        if code != "base" and place:
            counted[code][recent][place] += count
    for sides in counted.values():
        for recent, bins in zip((False, True), sides, strict=True):
            bins[0] = scored.get(recent, 0) - bins[1:].sum()
    return dict(counted)


def _rows(statement: str, parameters: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[tuple[Any, ...]]:
    return list(zip(*rows, strict=True)) if rows else [()] * width
