"""Upkeep of what the core app keeps."""

from celery import shared_task
from django.utils import timezone

from techmart.core import outbox
from techmart.core.exports import services as exports
from techmart.core.reports import sending


@shared_task(name="core.deliver_outbox", expires=30)
def deliver_outbox() -> None:
    """Hand over messages that were left when their transaction committed."""
    outbox.deliver_due(now=timezone.now())


@shared_task(name="core.purge_outbox")
def purge_outbox() -> None:
    """Remove messages done more than a week ago."""
    outbox.purge(now=timezone.now())


@shared_task(name="core.write_export")
def write_export(*, job_id: int) -> None:
    """Write a file that somebody asked for."""
    exports.write_export(job_id=job_id, now=timezone.now())


@shared_task(name="core.send_reports")
def send_reports() -> None:
    """Mail the reports that are due."""
    sending.send_reports(now=timezone.now())


@shared_task(name="core.clear_exports")
def clear_exports() -> None:
    """Remove old files, and give up those that lost their worker."""
    exports.clear_exports(now=timezone.now())
