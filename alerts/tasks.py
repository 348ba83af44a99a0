"""Periodic work of the alerts app. Each is safe to run twice, late, or next to itself."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from alerts import announcer, ops, services, stream
from alerts.notifying import services as notifying
from alerts.queues import SENT_AT_HEADER, record_heartbeat


@shared_task(name="alerts.sequence_events", expires=5)
def sequence_events() -> None:
    """Number and announce what the process that committed it has left."""
    announcer.deliver(now=timezone.now())


@shared_task(name="alerts.sweep_alerts", expires=60)
def sweep_alerts() -> None:
    """Carry on alerts for which time is up."""
    services.sweep_alerts(now=timezone.now())


@shared_task(name="alerts.evaluate_ops_alerts", expires=60)
def evaluate_ops_alerts() -> None:
    """Check queues, scheduler and queue server."""
    ops.evaluate(now=timezone.now())


@shared_task(name="alerts.trim_events")
def trim_events() -> None:
    """Let go of events and deliveries past their retention."""
    stream.trim_events(now=timezone.now())
    notifying.trim_deliveries(now=timezone.now())


@shared_task(name="alerts.notify", expires=15)
def notify() -> None:
    """Tell those who asked for it, by mail and webhook."""
    notifying.route(now=timezone.now())
    notifying.send_due(now=timezone.now())


# Sent to the queue that it speaks for: each has an entry of its own in the schedule.
@shared_task(bind=True, name="alerts.heartbeat", expires=3600)
def heartbeat(self: Any, *, queue: str) -> None:
    """Show that jobs of this queue are done."""
    record_heartbeat(queue=queue, sent_at=self.request.get(SENT_AT_HEADER), now=timezone.now())
