"""`manage.py rebuild_rollups`: make all rollups anew from base rows."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from analytics.refresh import refresh_all_views
from analytics.rollups.rebuilding import rebuild_rollups


class Command(BaseCommand):
    """Needed after a change of SHOP_TIME_ZONE; harmless at any time."""

    help = "Make all rollups and views anew from base rows, in the time zone of the settings."
    # The zone's own check is what sends people here.
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Rebuild, refresh, and say how much that was."""
        result = rebuild_rollups(now=timezone.now())
        refresh_all_views(now=timezone.now(), triggered_by="rebuild_rollups")
        self.stdout.write(f"{result.notes} buckets recomputed.")
