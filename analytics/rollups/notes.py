"""Taking notes: which buckets committed changes have touched since the last fold."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db import connection

from analytics.choices import NoteKind

# Buckets of one transaction of the fold: enough to read a day once, few enough for memory.
CHUNK = 250_000

# In this order a large set is worked off day by day, so that no day is read more than twice. By
# ctid, so that no plan made for a table that was empty a moment ago can compare all with all.
_TAKE = """
WITH taken AS (
    DELETE FROM rollup_notes
    WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM rollup_notes ORDER BY kind, day, hour, subject_id LIMIT %s
    ))
    RETURNING kind, hour, day, subject_id, label
)
SELECT kind, hour, day, subject_id, label, count(*) FROM taken
GROUP BY kind, hour, day, subject_id, label
"""


@dataclass(frozen=True, slots=True)
class Touched:
    """Distinct buckets to recompute. taken: notes removed for it; last: none was left over."""

    hours: Sequence[tuple[datetime, str]]
    product_days: Sequence[tuple[int, date]]
    moved: Sequence[tuple[int, str]]
    customers: Sequence[int]
    taken: int
    last: bool


def take(limit: int = CHUNK) -> Touched:
    """Remove up to `limit` committed notes and return their buckets, in the caller's transaction.

    Statements that follow see every change whose note was taken; a change that commits in
    between has notes of its own, which stay for the next fold.
    """
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [limit])
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    taken = sum(row[5] for row in rows)
    return Touched(
        hours=[(row[1], row[4]) for row in rows if row[0] == NoteKind.HOUR],
        product_days=[(row[3], row[2]) for row in rows if row[0] == NoteKind.PRODUCT_DAY],
        moved=[(row[3], row[4]) for row in rows if row[0] == NoteKind.PRODUCT_MOVED],
        customers=[row[3] for row in rows if row[0] == NoteKind.CUSTOMER],
        taken=taken,
        last=taken < limit,
    )
