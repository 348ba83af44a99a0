"""Recorded sales with the values their scores are made of, as of each sale's own time."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import connection

from transactions.fraud.bulk import score_frame
from transactions.fraud.calendar import moment_of
from transactions.fraud.frame import ANONYMOUS, NEVER_US, Ints, SalesFrame, text_column
from transactions.fraud.history import FIRST_REFUND
from transactions.fraud.label_history import load_verdicts
from transactions.fraud.scoring import Scores

# Columns of a frame, in the order of the query's.
_NUMBERS = (
    "timestamp_us",
    "customer_id",
    "product_id",
    "quantity",
    "amount_cents",
    "list_price_e4",
    "declined_us",
    "refunded_us",
)
_TEXTS = (
    "order_ref",
    "channel",
    "ip_country",
    "ship_country",
    "device",
    "store",
    "card",
    "ship_address",
    "bill_address",
    "email",
)
_SALES = f"""
SELECT (extract(epoch FROM t.timestamp) * 1000000)::bigint,
    COALESCE(t.customer_id, %(anonymous)s), t.product_id, t.quantity,
    (t.total_amount * 100)::bigint, COALESCE((t.list_price * 10000)::bigint, 0),
    COALESCE((extract(epoch FROM t.declined_at) * 1000000)::bigint, %(never)s),
    COALESCE(CASE WHEN t.refunded_amount > 0
        THEN (extract(epoch FROM ({FIRST_REFUND})) * 1000000)::bigint END, %(never)s),
    t.order_ref, t.channel, t.ip_country, t.ship_country, t.device, t.store, t.card_hash,
    t.ship_address_hash, t.bill_address_hash, t.email_stem
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
        asked: dict[str, datetime | int] = {
            "since": since,
            "until": until,
            "anonymous": ANONYMOUS,
            "never": NEVER_US,
        }
        cursor.execute(_SALES, asked)
        rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(_NUMBERS) + len(_TEXTS))
    numbers, texts = columns[: len(_NUMBERS)], columns[len(_NUMBERS) :]
    arrays: dict[str, Any] = {
        **{name: np.array(v, np.int64) for name, v in zip(_NUMBERS, numbers, strict=True)},
        **{name: text_column(v) for name, v in zip(_TEXTS, texts, strict=True)},
    }
    frame = SalesFrame(**arrays)
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
