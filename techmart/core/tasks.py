"""Upkeep of what the core app keeps."""

from celery import shared_task
from django.utils import timezone

from techmart.core import outbox


@shared_task(name="core.deliver_outbox", expires=30)
def deliver_outbox() -> None:
    """Hand over messages that were left when their transaction committed."""
    outbox.deliver_due(now=timezone.now())


@shared_task(name="core.purge_outbox")
def purge_outbox() -> None:
    """Remove messages done more than a week ago."""
    outbox.purge(now=timezone.now())
