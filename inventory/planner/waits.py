"""Until when orders wait for their suppliers' minimum, as suggestions say that are open."""

from collections.abc import Collection
from datetime import date

from django.db import connection

# A wait that ended is kept beside what it came to, until the order is made or needed no more:
# the next plan would begin it anew otherwise.
_TOLD = """
SELECT product_id, day FROM (
    SELECT product_id, coalesce(
        nullif(arithmetic #>> '{steps,-1,wait_until}', ''),
        nullif(arithmetic #>> '{steps,-1,waited_until}', '')
    )::date AS day
    FROM reorder_suggestions
    WHERE state IN ('proposed', 'waiting_mov') AND product_id = ANY(%s)
) AS told
WHERE day IS NOT NULL
"""


def waits_told(product_ids: Collection[int]) -> dict[int, date]:
    """Return the day on which the wait of each product's order ends, of those that waited."""
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, [list(product_ids)])
        return dict(cursor.fetchall())
