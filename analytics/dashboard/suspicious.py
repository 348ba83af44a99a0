"""The newest suspicious sales, each with the reason that weighs most."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from analytics.filters import Scope
from transactions.models import Transaction
from transactions.paths import transaction_path

SUSPICIOUS_ROWS = 5


@dataclass(frozen=True, slots=True)
class SuspiciousRow:
    """A suspicious sale with its main reason."""

    reference: str
    url: str
    customer_name: str | None
    why: str
    amount: Decimal
    score: float
    at: datetime


def suspicious_sales(scope: Scope) -> list[SuspiciousRow]:
    """Return the newest suspicious sales with the reason that weighs most."""
    narrowed: dict[str, Any] = {}
    if scope.store:
        narrowed["store"] = scope.store
    if scope.category:
        narrowed["product__category"] = scope.category
    rows = Transaction.objects.suspicious().filter(**narrowed)[:SUSPICIOUS_ROWS]
    return [
        SuspiciousRow(
            reference=row.reference,
            url=transaction_path(row.pk),
            customer_name=str(row.customer) if row.customer else None,
            why=_main_reason(row.reasons),
            amount=row.total_amount,
            score=row.fraud_score,
            at=row.timestamp,
        )
        for row in rows
    ]


def _main_reason(reasons: Sequence[dict[str, object]]) -> str:
    signals = [reason for reason in reasons if reason["code"] != "base"]
    if not signals:
        return ""
    return str(max(signals, key=lambda reason: float(str(reason["contribution"])))["fact"])
