"""All rollups anew from base rows, for another time zone or after a repair by hand."""

from datetime import datetime

from django.conf import settings
from django.db import connection, transaction

from analytics.rollups.folding import FoldResult, fold, hold_fold_lock

_CLEAR = """
DELETE FROM rollup_notes;
DELETE FROM sales_hourly;
DELETE FROM product_daily;
DELETE FROM product_totals;
DELETE FROM category_daily;
DELETE FROM customer_stats;
"""
# The version goes on counting: pages know by it that something changed.
_RESET_WINDOWS = """
UPDATE rollup_state SET window_day = (%s::timestamptz AT TIME ZONE shop_time_zone())::date
"""
_NOTE_EVERYTHING = """
INSERT INTO rollup_notes (kind, hour, day, subject_id, label)
SELECT DISTINCT b.kind, b.hour, b.day, b.subject_id, b.label
FROM (
    SELECT completed_at AS moment,
        CASE WHEN status NOT IN ('failed', 'cancelled') THEN timestamp END AS demand_at,
        channel, product_id, customer_id
    FROM transactions
    UNION ALL
    SELECT a.booked_at, NULL, x.channel, x.product_id, x.customer_id
    FROM adjustments AS a JOIN transactions AS x ON x.id = a.transaction_id
) AS f
CROSS JOIN LATERAL analytics_buckets(
    f.moment, f.demand_at, f.channel, f.product_id, f.customer_id
) AS b
"""
_REPLACE_ZONE = """
DO $do$
BEGIN
    EXECUTE format(
        'CREATE OR REPLACE FUNCTION shop_time_zone() RETURNS text'
        ' LANGUAGE sql STABLE PARALLEL SAFE AS %L',
        format('SELECT %L::text', current_setting('techmart.zone'))
    );
END
$do$
"""


def rebuild_rollups(*, now: datetime) -> FoldResult:
    """Note every bucket there is, in the time zone of the settings, and fold them all.

    Sales may go on meanwhile. Until the fold ends, pages show what is folded so far; a crash
    leaves the rest noted, for the next fold.
    """
    with transaction.atomic():
        hold_fold_lock()
        # Writers wait a moment: one that had noted a bucket of the old zone would be missed.
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE transactions, adjustments IN SHARE MODE")
        set_shop_time_zone()
        with connection.cursor() as cursor:
            cursor.execute(_CLEAR)
            cursor.execute(_RESET_WINDOWS, [now])
            cursor.execute(_NOTE_EVERYTHING)
    return fold(now=now)


def shop_time_zone() -> str | None:
    """Return the zone in which the database buckets sales; None before it is migrated so far."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT to_regprocedure('shop_time_zone()') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return None
        cursor.execute("SELECT shop_time_zone()")
        zone: str = cursor.fetchone()[0]
    return zone


def follow_time_zone() -> None:
    """Take over the zone of the settings while there is no sale; later only a rebuild can."""
    if shop_time_zone() in (None, settings.TIME_ZONE):
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT EXISTS (SELECT FROM transactions)")
            has_sales = cursor.fetchone()[0]
        if not has_sales:
            set_shop_time_zone()


def set_shop_time_zone() -> None:
    """Let the database bucket in the zone of the settings, in the caller's transaction."""
    with connection.cursor() as cursor:
        # As a setting of the transaction: a function's text takes no parameters.
        cursor.execute("SELECT set_config('techmart.zone', %s, true)", [settings.TIME_ZONE])
        cursor.execute(_REPLACE_ZONE)
