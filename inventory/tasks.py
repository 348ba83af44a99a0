"""Background work of the inventory app. Each is safe to run twice, late, or next to itself."""

from celery import shared_task
from django.utils import timezone

from inventory import forecast_accuracy, planner, replay_runs
from inventory.services import bias_alerts, order_mail, overrides, reconciliation, supplier_review


@shared_task(name="inventory.update_inventory_predictions")
def update_inventory_predictions(*, run_id: int | None = None) -> None:
    """Forecast the range, or what a queued run names."""
    planner.update_inventory_predictions(now=timezone.now(), run_id=run_id)


@shared_task(name="inventory.generate_reorder_suggestions")
def generate_reorder_suggestions(*, run_id: int | None = None) -> None:
    """Plan the range, or what a queued run names."""
    planner.generate_reorder_suggestions(now=timezone.now(), run_id=run_id)


@shared_task(name="inventory.run_replay")
def run_replay(*, run_id: int) -> None:
    """Replay policies as a queued run asks; taken up again where a lost worker left it."""
    replay_runs.run_replay(run_id=run_id, now=timezone.now())


@shared_task(name="inventory.score_forecasts", expires=6 * 3600)
def score_forecasts() -> None:
    """Keep forecasts that begin today, score those that are over, and tell of those that lean.

    Planners' words whose days are over are scored with them.
    """
    now = timezone.now()
    forecast_accuracy.keep_and_score_forecasts(now=now)
    bias_alerts.review_forecast_bias(now=now)
    overrides.score_overrides(now=now)


@shared_task(name="inventory.reconcile_ledger", expires=3600)
def reconcile_ledger() -> None:
    """Compare ledger, stock and inbound, and raise what differs."""
    reconciliation.reconcile_ledger(now=timezone.now())


@shared_task(
    name="inventory.mail_order",
    # A mail server that is away for some hours does not lose an order; its refusals are OSErrors.
    autoretry_for=(OSError,),
    retry_backoff=5,
    retry_backoff_max=900,
    max_retries=20,
)
def mail_order(*, order_id: int) -> None:
    """Send an order to its supplier by mail, unless it went already."""
    order_mail.mail_order(order_id=order_id, now=timezone.now())


@shared_task(name="inventory.review_suppliers", expires=3600)
def review_suppliers() -> None:
    """Learn reliability from receipts; announce late orders, what runs out, and slips."""
    now = timezone.now()
    # First, since a late order is worse where a product runs out behind it.
    planner.review_runouts(now=now)
    supplier_review.review_suppliers(now=now)
