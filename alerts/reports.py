"""The alert of a report that could not be delivered, and its end with the next that could."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver
from django.urls import reverse

from alerts.choices import AlertKind, Severity
from alerts.services import clear_alert, raise_alert
from techmart.core.models import ReportSchedule
from techmart.core.reports.sending import report_failed, report_sent


def _key(schedule: ReportSchedule) -> str:
    return f"report:{schedule.pk}"


@receiver(report_failed)
def raise_report_alert(schedule: ReportSchedule, now: datetime, error: str, **_more: Any) -> None:
    """Raise the alert of a report that failed three times."""
    raise_alert(
        kind=AlertKind.REPORT_FAILED,
        severity=Severity.MEDIUM,
        dedupe_key=_key(schedule),
        subject_kind="report",
        subject_id=schedule.pk,
        title=f"{schedule.name} was not delivered",
        message=f"Three tries failed, the last with: {error}",
        path=reverse("reports:detail", args=[schedule.pk]),
        now=now,
    )


@receiver(report_sent)
def clear_report_alert(schedule: ReportSchedule, now: datetime, **_more: Any) -> None:
    """End the alert: the report went out."""
    clear_alert(dedupe_key=_key(schedule), now=now)
