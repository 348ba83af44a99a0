"""`manage.py demo`: run a whole shop on this machine."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from techmart.embedded.folders import data_folder
from techmart.supervisor.demo import DemoRefused, run_demo


class Command(BaseCommand):
    """Start everything, load the demo shop, and watch over it until Ctrl-C."""

    help = (
        "Run a whole shop: servers (unless DATABASE_URL, CACHE_URL and BROKER_URL name some), "
        "web, live, workers, beat and the demo's data. PORT, LIVE_PORT, TECHMART_DATA, "
        "DEMO_WEEKS and REPLAY_SPEED are read from the environment."
    )
    # `migrate` runs them once there is a database to check.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Let a shop of one's own begin here."""
        parser.add_argument(
            "--empty", action="store_true", help="load no demo data: a shop of your own"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        """Run until told to stop."""
        try:
            run_demo(
                data=data_folder(),
                static_root=settings.STATIC_ROOT,
                port=settings.PORT,
                live_port=settings.LIVE_PORT,
                load=not options["empty"],
                say=self.stdout.write,
            )
        except DemoRefused as error:
            raise CommandError(str(error)) from error
