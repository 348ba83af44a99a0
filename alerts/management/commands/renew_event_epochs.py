"""Make the cursors of all open pages and API readers invalid."""

from typing import Any

from django.core.management.base import BaseCommand

from alerts.stream import renew_epochs


class Command(BaseCommand):
    """Run after a backup was restored: numbers given since then will be given again."""

    help = "After restoring a backup: make every reader of the event stream start anew."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Renew them."""
        renew_epochs()
        self.stdout.write("Readers of the event stream will start anew.")
