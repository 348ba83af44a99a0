"""`manage.py audit_rollups`: compare every rollup with the sales it stands for."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from analytics.audit import EVERYTHING, Sample, audit_rollups

_MOST_LISTED = 50


class Command(BaseCommand):
    """Fold what is pending, list differences, and fail when there are any."""

    help = "Compare rollups with base rows; exits with 1 when they differ."
    requires_migrations_checks = True

    def add_arguments(self, parser: CommandParser) -> None:
        """Offer repair and tonight's sample."""
        parser.add_argument("--repair", action="store_true", help="write what base rows say")
        parser.add_argument(
            "--tonight", action="store_true", help="only the twentieth of the keys that is due"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Audit and report."""
        now = timezone.now()
        sample = EVERYTHING
        if options["tonight"]:
            sample = Sample.of_night(timezone.localtime(now).date())
        differences = audit_rollups(now=now, sample=sample, repair=options["repair"])
        for difference in differences[:_MOST_LISTED]:
            self.stdout.write(str(difference))
        if not differences:
            self.stdout.write("Rollups agree with the sales.")
            return
        if len(differences) > _MOST_LISTED:
            self.stdout.write(f"… and {len(differences) - _MOST_LISTED} more")
        if options["repair"]:
            raise CommandError(f"{len(differences)} differences found and repaired.")
        raise CommandError(f"{len(differences)} differences found; --repair puts them right.")
