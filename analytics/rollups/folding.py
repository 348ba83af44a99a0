"""The fold: notes in, rollups out, one transaction a chunk, one fold at a time.

Why this is exact: a change and its notes commit together, and a bucket is recomputed from base
rows by a statement that starts after its note was taken. So the statement sees the change, and
perhaps later ones, whose notes stay for the next fold; recomputing twice changes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection, transaction

from analytics.rollups import totals
from analytics.rollups.definitions import (
    CATEGORY_DAILY_TOUCHED,
    CUSTOMER_STATS,
    SALES_HOURLY,
    Rollup,
)
from analytics.rollups.notes import CHUNK, Touched, take

# Key of the advisory lock that every writer of rollups holds; any number that nobody else uses.
FOLD_LOCK = 0x7465_6368_0001
# For the joins of a whole history; a fold of a few sales never comes near it.
_WORK_MEM = "SELECT set_config('work_mem', '128MB', true)"

_ENSURE_STATE = """
INSERT INTO rollup_state (id, folded_through, window_day, version)
VALUES (1, clock_timestamp(), (%s::timestamptz AT TIME ZONE shop_time_zone())::date, 0)
ON CONFLICT (id) DO NOTHING
"""
_READ_STATE = """
SELECT clock_timestamp(), window_day, (%s::timestamptz AT TIME ZONE shop_time_zone())::date
FROM rollup_state WHERE id = 1
"""
# With notes left over, the cut stays where it was.
_WRITE_STATE = """
UPDATE rollup_state
SET folded_through = CASE WHEN %(complete)s THEN %(cut)s ELSE folded_through END,
    window_day = greatest(window_day, %(day)s::date),
    version = version + %(changed)s::int
WHERE id = 1
RETURNING version, folded_through
"""


@dataclass(frozen=True, slots=True)
class FoldResult:
    """What a fold did. skipped: another one was at it, and this one did nothing.

    folded_through: every change committed before it is in the rollups.
    """

    changed: bool
    notes: int
    version: int
    folded_through: datetime | None
    skipped: bool = False


def fold(*, now: datetime, wait: bool = True, chunk: int = CHUNK) -> FoldResult:
    """Bring all rollups up to date with what has committed.

    now: decides the shop day that windows end with. wait: for another fold to end; otherwise
    return at once with `skipped`. chunk: notes a transaction, for tests. Outside a transaction
    each chunk commits by itself, so a crash loses none and repeats at most one.
    """
    notes, changed = 0, False
    while True:
        with transaction.atomic():
            if not _lock(wait=wait):
                return FoldResult(changed, notes, 0, None, skipped=True)
            cut, day, slid = _prepare(now)
            touched = take(chunk)
            chunk_changed = _recompute(touched, window_day=day) or slid
            notes += touched.taken
            changed = changed or chunk_changed
            version, folded_through = _write_state(
                cut=cut, day=day, changed=chunk_changed, complete=touched.last
            )
        if touched.last:
            return FoldResult(changed, notes, version, folded_through)


def hold_fold_lock() -> None:
    """Keep folds out until the caller's transaction ends; waits for one that is running."""
    _lock(wait=True)


def slide_windows(*, now: datetime) -> bool:
    """Let the windows of product totals end with today's shop day; True when they moved.

    The first fold of a day does the same; this is for a day without sales.
    """
    with transaction.atomic():
        _lock(wait=True)
        _, day, slid = _prepare(now)
        _write_state(cut=now, day=day, changed=slid, complete=False)
    return slid


def _lock(*, wait: bool) -> bool:
    with connection.cursor() as cursor:
        if wait:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [FOLD_LOCK])
            return True
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [FOLD_LOCK])
        return bool(cursor.fetchone()[0])


def _prepare(now: datetime) -> tuple[datetime, date, bool]:
    """Return the cut, the windows' day, and whether the windows were moved to it.

    The cut is the database's clock before the notes are looked at: what committed before it is
    among them.
    """
    with connection.cursor() as cursor:
        cursor.execute(_WORK_MEM)
        cursor.execute(_ENSURE_STATE, [now])
        cursor.execute(_READ_STATE, [now])
        cut, window_day, today = cursor.fetchone()
    if today <= window_day:
        return cut, window_day, False
    totals.slide(old_day=window_day, new_day=today)
    return cut, today, True


def _recompute(touched: Touched, *, window_day: date) -> bool:
    """Recompute the buckets; True when a row changed."""
    product_ids = [product for product, _ in touched.product_days]
    days = [day for _, day in touched.product_days]
    changed = totals.fold_product_days(list(touched.product_days), window_day=window_day)
    if touched.hours:
        hours, channels = zip(*touched.hours, strict=True)
        changed += _write(SALES_HOURLY, hours, channels)
    if touched.product_days or touched.moved:
        moved = [product for product, _ in touched.moved]
        left = [category for _, category in touched.moved]
        changed += _write(CATEGORY_DAILY_TOUCHED, product_ids, days, moved, left)
    if touched.customers:
        changed += _write(CUSTOMER_STATS, touched.customers)
    return changed > 0


def _write(rollup: Rollup, *buckets: Sequence[Any]) -> int:
    arrays = dict(zip(rollup.parameters, map(list, buckets), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(rollup.write_sql(), arrays)
        changed: int = cursor.fetchone()[0]
    return changed


def _write_state(
    *, cut: datetime, day: date, changed: bool, complete: bool
) -> tuple[int, datetime]:
    with connection.cursor() as cursor:
        cursor.execute(
            _WRITE_STATE, {"cut": cut, "day": day, "changed": changed, "complete": complete}
        )
        version, folded_through = cursor.fetchone()
    return version, folded_through
