"""What recurring checks found last, for the health page."""

from datetime import datetime

from techmart.core.choices import CheckName
from techmart.core.models import CheckResult


def record_check(name: CheckName, *, differences: int, now: datetime) -> None:
    """Keep the outcome of a check in place of the one before."""
    CheckResult.objects.bulk_create(
        [CheckResult(name=name, checked_at=now, differences=differences)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["checked_at", "differences"],
    )


def last_checks() -> dict[CheckName, CheckResult]:
    """Return the newest outcome of each check that has run."""
    return {CheckName(row.name): row for row in CheckResult.objects.all()}
