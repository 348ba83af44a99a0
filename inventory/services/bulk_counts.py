"""Stock counts by the thousand, set-based: for imports of counted stock."""

from datetime import datetime

import polars as pl
from django.db import connection, transaction

from inventory.choices import MovementKind
from inventory.services import bulk_ledger
from techmart.core.models import User
from techmart.lib.copying import copy_frame

_STAGING = """
CREATE TEMPORARY TABLE staged_counts (
    id bigint NOT NULL DEFAULT nextval(pg_get_serial_sequence('stock_counts', 'id')),
    product_id bigint NOT NULL,
    counted_units integer NOT NULL,
    counted_at timestamptz NOT NULL,
    reason text NOT NULL
) ON COMMIT DROP
"""
_LOCK = """
SELECT count(*) FROM (
    SELECT p.id FROM products p WHERE p.id IN (SELECT product_id FROM staged_counts)
    ORDER BY p.id FOR NO KEY UPDATE
) AS locked
"""
# Booked is what the ledger said at the moment of the count, whatever has moved since.
_COUNTS = """
INSERT INTO stock_counts
    (id, product_id, counted_units, booked_units, counted_at, recorded_at, actor_id, reason)
SELECT c.id, c.product_id, c.counted_units, coalesce(booked.units, 0), c.counted_at, %s, %s,
    c.reason
FROM staged_counts c
LEFT JOIN LATERAL (
    SELECT sum(m.quantity) AS units FROM stock_movements m
    WHERE m.product_id = c.product_id AND m.occurred_at <= c.counted_at
) AS booked ON true
ORDER BY c.product_id, c.id
"""
# The first thing ever said of a product's stock is its opening.
_MOVEMENTS = """
INSERT INTO staged_movements
    (product_id, kind, quantity, occurred_at, source_type, source_id, unit_cost, reason)
SELECT n.product_id,
    CASE WHEN NOT known.has_ledger THEN %(opening)s
        WHEN n.counted_units > n.booked_units THEN %(gain)s ELSE %(loss)s END,
    n.counted_units - n.booked_units, n.counted_at,
    CASE WHEN known.has_ledger THEN 'count' ELSE 'opening' END,
    CASE WHEN known.has_ledger THEN n.id ELSE n.product_id END, p.unit_cost, n.reason
FROM staged_counts c
JOIN stock_counts n ON n.id = c.id
JOIN products p ON p.id = n.product_id
CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT 1 FROM stock_movements m WHERE m.product_id = p.id) AS has_ledger
) AS known
WHERE n.counted_units <> n.booked_units
ORDER BY n.id
"""


@transaction.atomic
def post_counts(frame: pl.DataFrame, *, now: datetime, actor: User | None = None) -> int:
    """Book counts at the moments they were made, and the differences to what was booked then.

    frame: `product_id`, `counted_units` (0 or more), `counted_at` (UTC), `reason`; each product
    once. A difference moves today's stock by as much. Returns how many movements were posted.

    Alerts are not reviewed here. Raises InsufficientStock when a loss found then is more than
    what is left now; nothing is written.
    """
    with connection.cursor() as cursor:
        bulk_ledger.create_staging()
        cursor.execute("DROP TABLE IF EXISTS staged_counts")
        cursor.execute(_STAGING)
        copy_frame(
            cursor,
            "staged_counts",
            frame.select("product_id", "counted_units", "counted_at", "reason"),
        )
        cursor.execute("ANALYZE staged_counts")
        cursor.execute(_LOCK)
        cursor.execute(_COUNTS, [now, actor.pk if actor else None])
        cursor.execute(
            _MOVEMENTS,
            {
                "opening": MovementKind.OPENING,
                "gain": MovementKind.COUNT_GAIN,
                "loss": MovementKind.COUNT_LOSS,
            },
        )
        cursor.execute("DROP TABLE staged_counts")
    return bulk_ledger.post_staged(now=now, actor=actor).movements
