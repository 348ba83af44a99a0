"""Recorded sales with the values their scores are made of, as of each sale's own time."""

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import connection

from transactions.fraud.bulk import score_frame
from transactions.fraud.calendar import moment_of
from transactions.fraud.frame import ANONYMOUS, Ints, SalesFrame, text_column
from transactions.fraud.label_history import load_verdicts
from transactions.fraud.scoring import Scores

_SALES = """
SELECT (extract(epoch FROM t.timestamp) * 1000000)::bigint, t.order_ref,
    COALESCE(t.customer_id, %(anonymous)s), t.product_id, t.quantity,
    (t.total_amount * 100)::bigint, t.channel, t.ip_country, t.ship_country, t.device
FROM transactions t WHERE t.timestamp >= %(since)s AND t.timestamp < %(until)s
ORDER BY t.timestamp, t.id
"""


@dataclass(frozen=True, slots=True)
class RecordedSales:
    """Sales of a period. label: 1 fraud, 0 genuine, −1 not known, as labels stand at its end."""

    frame: SalesFrame
    scores: Scores
    label: Ints

    def moment(self, line: int) -> datetime:
        """Return when a line was sold."""
        return moment_of(int(self.frame.timestamp_us[line]))


def recorded_sales(since: datetime, until: datetime) -> RecordedSales:
    """Return the sales of since ≤ t < until, scored anew by the champion, and their labels."""
    with connection.cursor() as cursor:
        cursor.execute(_SALES, {"since": since, "until": until, "anonymous": ANONYMOUS})
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * 10
    numbers = [np.array(columns[place], np.int64) for place in (0, 2, 3, 4, 5)]
    orders, channel, ip_country, ship_country, device = (
        text_column(columns[place]) for place in (1, 6, 7, 8, 9)
    )
    frame = SalesFrame(
        timestamp_us=numbers[0],
        order_ref=orders,
        customer_id=numbers[1],
        product_id=numbers[2],
        quantity=numbers[3],
        amount_cents=numbers[4],
        channel=channel,
        ip_country=ip_country,
        ship_country=ship_country,
        device=device,
    )
    return RecordedSales(frame, score_frame(frame, recorded=True), _labels(frame, until))


def _labels(frame: SalesFrame, at: datetime) -> Ints:
    """Return what each line's order is held to be at a moment."""
    known = {
        order: int(verdict.is_fraud)
        for order, told in load_verdicts(frame.order_ref.tolist()).items()
        for verdict in told
        if verdict.known_at <= at and (verdict.until is None or verdict.until > at)
    }
    return np.array([known.get(order, -1) for order in frame.order_ref.tolist()], np.int64)
