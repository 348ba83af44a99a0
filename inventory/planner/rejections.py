"""How long a person's no holds.

A rejected suggestion does not come back with the next run. It does once the rejection is old, or
when what spoke against it no longer does: much more is needed, or running out has become likelier.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from django.db import connection

from inventory.arrays import BoolArray, FloatArray, IntArray

# Judgement, 2026-11, *tune*: two weeks, about one order cycle of a fast product.
HOLDS_FOR = timedelta(days=14)
# A need this many times the rejected one is another question.
NEED_GROWTH = 1.5
# So is a chance to run out before delivery that rose by this much.
CHANCE_GROWTH = 0.25


@dataclass(frozen=True, slots=True)
class Rejections:
    """Newest rejections that are young enough to hold, (rows,) each.

    need: units that were needed. p_stockout: chance to run out before delivery, 0 to 1.
    """

    product_ids: IntArray
    need: FloatArray
    p_stockout: FloatArray

    def hold_back(
        self, product_ids: IntArray, *, need: FloatArray, p_stockout: FloatArray
    ) -> BoolArray:
        """Return for which products the no still holds; all arrays (products,), keys rising."""
        held = np.zeros(len(product_ids), dtype=bool)
        if not len(product_ids) or not len(self.product_ids):
            return held
        at = np.minimum(np.searchsorted(product_ids, self.product_ids), len(product_ids) - 1)
        holds = (
            (product_ids[at] == self.product_ids)
            & (need[at] < NEED_GROWTH * self.need)
            & (p_stockout[at] < self.p_stockout + CHANCE_GROWTH)
        )
        held[at[holds]] = True
        return held


# What was decided or ordered since ends the matter. Served by idx_suggestions_product.
_NEWEST = """
SELECT r.product_id, coalesce((r.arithmetic #>> '{steps,4,need}')::float8, r.quantity), r.p_stockout
FROM reorder_suggestions r
WHERE r.state = 'rejected' AND r.decided_at > %s AND r.decided_at <= %s
    AND NOT EXISTS (
        SELECT 1 FROM reorder_suggestions l
        WHERE l.product_id = r.product_id AND l.created_at > r.created_at
            AND l.state <> 'superseded'
    )
ORDER BY r.product_id
"""


def load_rejections(*, now: datetime) -> Rejections:
    """Return the rejections that hold at this moment."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, [now - HOLDS_FOR, now])
        rows = np.array(cursor.fetchall(), dtype=np.float64).reshape(-1, 3)
    return Rejections(rows[:, 0].astype(np.int64), rows[:, 1], rows[:, 2])
