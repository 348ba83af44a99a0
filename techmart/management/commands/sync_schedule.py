"""`manage.py sync_schedule`: write the periodic jobs that the database does not have yet."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from techmart.schedule import SCHEDULE, At, Entry, Every


class Command(BaseCommand):
    """Runs after each migration; an operator's edits survive it."""

    help = "Create the periodic jobs that are missing; those that exist are left as they are."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Create what is missing and say what that was."""
        known = set(PeriodicTask.objects.values_list("name", flat=True))
        created = [entry for entry in SCHEDULE if entry.name not in known]
        for entry in created:
            PeriodicTask.objects.create(
                name=entry.name,
                task=entry.task,
                kwargs=json.dumps(dict(entry.kwargs)),
                queue=entry.queue,
                expire_seconds=entry.expires_seconds,
                **_when(entry),
            )
            self.stdout.write(f"{entry.name}: {entry.task}")
        if not created:
            self.stdout.write("The schedule is complete.")


def _when(entry: Entry) -> dict[str, Any]:
    """Return the schedule of an entry as PeriodicTask takes it."""
    match entry.when:
        case Every(seconds):
            interval, _ = IntervalSchedule.objects.get_or_create(
                every=seconds, period=IntervalSchedule.SECONDS
            )
            return {"interval": interval}
        case At(minute, hour):
            crontab, _ = CrontabSchedule.objects.get_or_create(
                minute=minute,
                hour=hour,
                day_of_week="*",
                day_of_month="*",
                month_of_year="*",
                timezone=settings.TIME_ZONE,
            )
            return {"crontab": crontab}
