"""When a periodic job runs next, as its row in the database says: operators edit it there."""

from datetime import datetime, timedelta

from celery.schedules import crontab
from django_celery_beat.models import PeriodicTask


def next_run(task: str, *, now: datetime) -> datetime | None:
    """Return when a task is due next; None when it is switched off or has no row."""
    row = PeriodicTask.objects.filter(task=task, enabled=True).order_by("pk").first()
    if row is None:
        return None
    schedule = row.schedule
    if isinstance(schedule, crontab):
        start, until_due, _ = schedule.remaining_delta(now)
        due: datetime = start + until_due
        return due
    interval: timedelta = schedule.run_every
    return (row.last_run_at or now) + interval
