"""How suppliers delivered, from their receipts and order lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from inventory.reorder.reliability import (
    HALF_LIFE_DAYS,
    Reliability,
    reliability,
    reliability_share,
)

# After two years, four half-lives, a receipt weighs next to nothing.
RECEIPTS_FOR = timedelta(days=730)
# Fill, returns and prices are those of a year.
YEAR = timedelta(days=365)
# The newest receipts that "on time and in full" names in words.
NEWEST = 10


@dataclass(frozen=True, slots=True)
class Scorecard:
    """One supplier's deliveries; None where nothing came yet.

    receipts: of two years. otif: of the newest ten receipts, how many came on time and in full.
    fill_rate: units received over units ordered, of order lines that ended within a year; more
    than ordered counts as ordered. lead_time_mean_days, lead_time_sd_days: from order sent to
    receipt, sample sd. bias_days: mean of receipt day less promised day, late is above 0.
    price_variance: what invoices added to the ordered price, a share of it. open_late_lines: not
    in full, promise and tolerance passed. returned_units: within a year.
    """

    supplier_id: int
    reliability: Reliability
    receipts: int
    otif: tuple[int, int] | None
    fill_rate: float | None
    lead_time_mean_days: float | None
    lead_time_sd_days: float | None
    bias_days: float | None
    price_variance: float | None
    open_late_lines: int
    returned_units: int

    @property
    def lead_time_cv(self) -> float | None:
        """Spread of the lead time as a share of its mean."""
        if not self.lead_time_mean_days or self.lead_time_sd_days is None:
            return None
        return self.lead_time_sd_days / self.lead_time_mean_days


# A receipt is in full when with it the line has all that was ordered. Served by the keys of
# lines and orders, idx_orders_supplier first.
_JUDGED = """
WITH came AS (
    SELECT o.supplier_id, r.received_at, r.quantity, r.unit_cost,
        l.unit_cost AS ordered_cost,
        l.quantity <= sum(r.quantity) OVER (
            PARTITION BY r.line_id ORDER BY r.received_at, r.id
        ) AS in_full,
        extract(epoch FROM r.received_at - o.ordered_at)::float8 / 86400 AS lead_days,
        (r.received_at AT TIME ZONE %(zone)s)::date - o.promised_date AS late_days,
        s.tolerance_days
    FROM purchase_orders o
    JOIN suppliers s ON s.id = o.supplier_id
    JOIN purchase_order_lines l ON l.order_id = o.id
    JOIN receipts r ON r.line_id = l.id
    WHERE (%(suppliers)s::bigint[] IS NULL OR o.supplier_id = ANY(%(suppliers)s))
        AND o.ordered_at IS NOT NULL AND r.received_at <= %(now)s
), judged AS (
    SELECT *, in_full AND coalesce(late_days, 0) <= tolerance_days AS otif,
        power(0.5, extract(epoch FROM %(now)s - received_at)::float8 / 86400 / %(half_life)s)
            AS weight,
        row_number() OVER (PARTITION BY supplier_id ORDER BY received_at DESC) AS place
    FROM came WHERE received_at > %(since)s
)
"""
_RECEIPTS = f"""{_JUDGED}
SELECT supplier_id, count(*), sum(weight), coalesce(sum(weight) FILTER (WHERE otif), 0),
    count(*) FILTER (WHERE place <= %(newest)s AND otif),
    avg(lead_days), stddev_samp(lead_days), avg(late_days)::float8,
    sum(quantity * (unit_cost - ordered_cost)) FILTER (WHERE received_at > %(year)s),
    sum(quantity * ordered_cost) FILTER (WHERE received_at > %(year)s)
FROM judged GROUP BY supplier_id
"""
_LINES = """
SELECT o.supplier_id,
    sum(least(l.received_quantity, l.quantity)) FILTER (WHERE o.closed_at > %(year)s)::float8
        / nullif(sum(l.quantity) FILTER (WHERE o.closed_at > %(year)s), 0),
    count(*) FILTER (
        WHERE o.closed_at IS NULL AND l.received_quantity < l.quantity
            AND o.promised_date + s.tolerance_days < %(today)s
    )
FROM purchase_orders o
JOIN suppliers s ON s.id = o.supplier_id
JOIN purchase_order_lines l ON l.order_id = o.id
WHERE o.supplier_id = ANY(%(suppliers)s) AND o.state NOT IN ('draft', 'cancelled')
GROUP BY o.supplier_id
"""
_RETURNS = """
SELECT supplier_id, sum(quantity) FROM supplier_returns
WHERE supplier_id = ANY(%(suppliers)s) AND returned_at > %(year)s GROUP BY supplier_id
"""


def load_scorecards(supplier_ids: Sequence[int], *, now: datetime) -> dict[int, Scorecard]:
    """Return the scorecard of each supplier by key; three queries whatever their number."""
    parameters = _parameters(supplier_ids, now=now)
    with connection.cursor() as cursor:
        cursor.execute(_RECEIPTS, parameters)
        receipts = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_LINES, parameters)
        lines = {row[0]: row[1:] for row in cursor.fetchall()}
        cursor.execute(_RETURNS, parameters)
        returned = dict(cursor.fetchall())
    return {
        key: _scorecard(
            key, receipts.get(key), lines.get(key, (None, 0)), int(returned.get(key, 0))
        )
        for key in supplier_ids
    }


def reliability_shares(*, now: datetime) -> dict[int, float]:
    """Return the reliability of every supplier with receipts by key, as known at a moment."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"{_JUDGED} SELECT supplier_id, sum(weight), "
            "coalesce(sum(weight) FILTER (WHERE otif), 0) FROM judged GROUP BY supplier_id",
            _parameters(None, now=now),
        )
        return {key: reliability_share(good, weight) for key, weight, good in cursor.fetchall()}


def _parameters(supplier_ids: Sequence[int] | None, *, now: datetime) -> dict[str, Any]:
    return {
        "suppliers": None if supplier_ids is None else list(supplier_ids),
        "now": now,
        "today": timezone.localdate(now),
        "since": now - RECEIPTS_FOR,
        "year": now - YEAR,
        "zone": settings.TIME_ZONE,
        "half_life": HALF_LIFE_DAYS,
        "newest": NEWEST,
    }


def _scorecard(
    supplier_id: int, seen: tuple[Any, ...] | None, lines: tuple[Any, ...], returned: int
) -> Scorecard:
    fill, late = lines
    nothing = (0, 0.0, 0.0, 0, None, None, None, None, None)
    count, weight, good, newest_good, mean, sd, bias, extra, ordered = seen or nothing
    return Scorecard(
        supplier_id=supplier_id,
        reliability=reliability(good, weight),
        receipts=count,
        otif=(newest_good, min(count, NEWEST)) if count else None,
        fill_rate=fill,
        lead_time_mean_days=mean,
        lead_time_sd_days=sd,
        bias_days=bias,
        price_variance=float(extra / ordered) if ordered else None,
        open_late_lines=late,
        returned_units=returned,
    )
