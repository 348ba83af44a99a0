"""Background work of the transactions app."""

from celery import shared_task
from django.utils import timezone

from transactions.services import (
    apply_due_decisions,
    expire_pending,
    refresh_fraud_statistics,
)
from transactions.services.device_facts import rebuild_device_facts
from transactions.services.fraud_bursts import report_bursts
from transactions.services.fraud_learning import refit_when_due
from transactions.services.fraud_models import check_fraud_model
from transactions.services.rules import run_backtest


@shared_task(name="transactions.expire_pending_sales")
def expire_pending_sales() -> int:
    """Cancel sales whose payment was not settled in time."""
    return expire_pending(now=timezone.now())


@shared_task(name="transactions.refresh_fraud_statistics")
def refresh_statistics() -> int:
    """Make what scoring takes for usual anew, as of the start of this shop day."""
    return refresh_fraud_statistics(now=timezone.now())


@shared_task(name="transactions.report_bursts")
def report_suspicious_bursts() -> int:
    """Raise and end the alerts of bursts of suspicious orders."""
    return len(report_bursts(now=timezone.now()))


@shared_task(name="transactions.apply_due_decisions")
def apply_decisions() -> int:
    """Carry out what analysts decided and did not take back."""
    return apply_due_decisions(now=timezone.now())


@shared_task(name="transactions.backtest_rule")
def backtest_rule(*, backtest_id: int) -> None:
    """Try a rule's version on the past."""
    run_backtest(backtest_id=backtest_id, now=timezone.now())


@shared_task(name="transactions.refit_fraud_model")
def refit_model() -> str | None:
    """Learn the fraud score anew once a week; return the champion's version when it did."""
    refit = refit_when_due(now=timezone.now())
    return refit.champion if refit else None


@shared_task(name="transactions.check_fraud_model")
def check_model() -> bool:
    """Raise or clear the alert about a fraud model that cannot be used."""
    return check_fraud_model(now=timezone.now())


@shared_task(name="transactions.rebuild_device_facts")
def rebuild_devices() -> int:
    """Make what labels say of devices anew, whichever way the labels came in."""
    return rebuild_device_facts(now=timezone.now())
