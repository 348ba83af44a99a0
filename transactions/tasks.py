"""Background work of the transactions app."""

from celery import shared_task
from django.utils import timezone

from transactions.services import (
    apply_due_decisions,
    expire_pending,
    refresh_fraud_statistics,
)
from transactions.services.rules import run_backtest


@shared_task(name="transactions.expire_pending_sales")
def expire_pending_sales() -> int:
    """Cancel sales whose payment was not settled in time."""
    return expire_pending(now=timezone.now())


@shared_task(name="transactions.refresh_fraud_statistics")
def refresh_statistics() -> int:
    """Make what scoring takes for usual anew, as of the start of this shop day."""
    return refresh_fraud_statistics(now=timezone.now())


@shared_task(name="transactions.apply_due_decisions")
def apply_decisions() -> int:
    """Carry out what analysts decided and did not take back."""
    return apply_due_decisions(now=timezone.now())


@shared_task(name="transactions.backtest_rule")
def backtest_rule(*, backtest_id: int) -> None:
    """Try a rule's version on the past."""
    run_backtest(backtest_id=backtest_id, now=timezone.now())
