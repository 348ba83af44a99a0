"""Suggestions that became order lines follow their orders."""

from datetime import datetime
from typing import Any

from django.db import connection

# A suggestion of a line that was taken off its draft has no order to follow.
_FOLLOW = """
UPDATE reorder_suggestions AS r
SET updated_at = %(now)s,
    reason = CASE WHEN o.state = 'cancelled' THEN %(reason)s ELSE r.reason END,
    state = CASE
        WHEN o.state = 'cancelled' THEN 'superseded'
        WHEN o.state = 'draft' THEN 'accepted'
        WHEN o.state IN ('closed', 'received') OR l.received_quantity >= l.quantity THEN 'closed'
        WHEN l.received_quantity > 0 THEN 'partially_received'
        ELSE 'ordered'
    END
FROM purchase_order_lines l JOIN purchase_orders o ON o.id = l.order_id
WHERE r.order_line_id = l.id AND o.id = %(order)s
    AND r.state IN ('accepted', 'ordered', 'partially_received')
"""


def follow_order(order_id: int, *, now: datetime, reason: str = "") -> None:
    """Bring the suggestions behind an order's lines to where their lines stand.

    reason: why an order was cancelled. For the services of orders, inside their transaction and
    after they moved products: the planner locks products first, too.
    """
    parameters: dict[str, Any] = {"order": order_id, "now": now, "reason": reason[:300]}
    with connection.cursor() as cursor:
        cursor.execute(_FOLLOW, parameters)
