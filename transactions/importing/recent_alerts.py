"""Suspicious sales of the last day in an import, told to the analysts; nothing is held."""

from datetime import datetime, timedelta
from decimal import Decimal

from alerts.choices import AlertKind, Severity
from alerts.services import AlertSpec, raise_alerts
from techmart.core.shop import shop_settings
from transactions.choices import SALE, TransactionStatus
from transactions.models import ImportRun, Transaction
from transactions.paths import transaction_path
from transactions.services.fraud_alerts import fraud_alert_key

# Older lines are history: nobody can stop a parcel that has arrived.
RECENT = timedelta(days=1)


def raise_recent_alerts(run: ImportRun, *, now: datetime) -> int:
    """Raise one alert an order of the run that is suspicious and recent; return how many."""
    orders: dict[str, list[Transaction]] = {}
    recent = Transaction.objects.filter(
        is_suspicious=True,
        timestamp__gt=now - RECENT,
        imported_from=run,
        status=TransactionStatus.COMPLETED,
    ).order_by("-fraud_score", "pk")
    for txn in recent:
        orders.setdefault(txn.order_ref, []).append(txn)
    limit = shop_settings().review_critical_amount
    raise_alerts([_spec(lines, limit) for lines in orders.values()], now=now)
    return len(orders)


def _spec(lines: list[Transaction], limit: Decimal) -> AlertSpec:
    worst = lines[0]
    amount = sum((txn.total_amount for txn in lines), Decimal(0))
    return AlertSpec(
        kind=AlertKind.FRAUD_REVIEW,
        severity=Severity.CRITICAL if amount > limit else Severity.MEDIUM,
        dedupe_key=fraud_alert_key(worst.order_ref),
        subject_kind=SALE,
        subject_id=worst.pk,
        title=f"Order {worst.order_ref} looks suspicious and is completed (imported)",
        path=transaction_path(worst.pk),
        facts={
            "order_ref": worst.order_ref,
            "amount": str(amount),
            "currency": worst.currency,
            "score": worst.fraud_score,
            "lines": len(lines),
        },
        audience="transactions.view_transaction",
    )
