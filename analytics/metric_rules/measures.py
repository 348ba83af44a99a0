"""Reads what a rule watches, from base rows of its window."""

from datetime import datetime, timedelta
from typing import Any

from django.db import connection

from analytics.metric_rules.choices import LEVELS, Measure
from inventory.models import Product
from inventory.querysets import LOW_STOCK, OUT_OF_STOCK
from transactions.choices import TransactionStatus
from transactions.models import Transaction

WEEK = timedelta(days=7)

_BASE = """
WITH sold AS (
    SELECT t.total_amount, t.order_ref, t.is_suspicious
    FROM transactions t{join}
    WHERE t.completed_at >= %(start)s AND t.completed_at < %(end)s{narrowed}
), booked AS (
    SELECT CASE WHEN a.kind = 'chargeback_reversed' THEN -a.amount ELSE a.amount END AS amount
    FROM adjustments a JOIN transactions t ON t.id = a.transaction_id{join}
    WHERE a.booked_at >= %(start)s AND a.booked_at < %(end)s{narrowed}
)
"""
_QUERIES = {
    Measure.NET_SALES: """
SELECT coalesce((SELECT sum(total_amount) FROM sold), 0)
    - coalesce((SELECT sum(amount) FROM booked), 0)""",
    Measure.ORDERS: "SELECT count(DISTINCT order_ref) FROM sold",
    Measure.AVERAGE_ORDER: """
SELECT sum(total_amount) / nullif(count(DISTINCT order_ref), 0) FROM sold""",
    Measure.REFUNDS: "SELECT coalesce(sum(amount), 0) FROM booked",
    Measure.SUSPICIOUS_SHARE: """
SELECT count(*) FILTER (WHERE is_suspicious)::float8 / nullif(count(*), 0) FROM sold""",
}


def read_level(measure: Measure) -> float:
    """Return what is so now: products, or sales held."""
    if measure is Measure.HELD:
        return float(Transaction.objects.filter(status=TransactionStatus.IN_REVIEW).count())
    condition = LOW_STOCK if measure is Measure.LOW_STOCK else OUT_OF_STOCK
    return float(Product.objects.filter(condition).count())


def read_window(
    measure: Measure, *, start: datetime, end: datetime, category: str = "", store: str = ""
) -> float | None:
    """Return a measure of [start, end), of one category and store when they are named.

    Money, counts, or a share 0..1; None where a ratio has nothing to divide by.
    """
    if measure in LEVELS:
        raise ValueError(f"{measure} has no window")
    parts = {
        "join": " JOIN products p ON p.id = t.product_id" if category else "",
        "narrowed": (" AND p.category = %(category)s" if category else "")
        + (" AND t.store = %(store)s" if store else ""),
    }
    values: dict[str, Any] = {"start": start, "end": end, "category": category, "store": store}
    with connection.cursor() as cursor:
        cursor.execute(_BASE.format(**parts) + _QUERIES[measure], values)
        value = cursor.fetchone()[0]
    return None if value is None else float(value)
