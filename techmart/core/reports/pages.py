"""What the pages of reports show."""

from typing import Any

from django.conf import settings
from django.urls import reverse

from techmart.core.exports.registry import offered_to
from techmart.core.models import ReportSchedule, User
from techmart.core.reports.forms import ReportForm
from techmart.core.reports.models import WEEKDAYS, DeliveryStatus, Frequency
from techmart.lib import formats
from techmart.lib.page_parts import Column

LOG_SIZE = 50
_TONES = {DeliveryStatus.SENT: "good", DeliveryStatus.FAILED: "bad"}
_COLUMNS = (
    Column("Report"),
    Column("When"),
    Column("Next"),
    Column("Last"),
    Column("Actions", align="r", label_hidden=True),
)


def when(schedule: ReportSchedule) -> str:
    """Say when a report goes out: "Every week on Monday at 07:30"."""
    words = str(Frequency(schedule.frequency).label)
    if schedule.frequency == Frequency.WEEKLY:
        words += f" on {dict(WEEKDAYS)[schedule.weekday]}"
    if schedule.frequency == Frequency.MONTHLY:
        words += f" on day {schedule.day_of_month}"
    return f"{words} at {schedule.at:%H:%M}"


def list_context(user: User, *, may_change: bool) -> dict[str, Any]:
    """Return all reports of lists that the person may see."""
    lists = {listed.key: listed.title for listed in offered_to(user)}
    schedules = (
        ReportSchedule.objects.filter(list_key__in=lists)
        .select_related("owner")
        .prefetch_related("deliveries")
        .order_by("-enabled", "name")
    )
    return {
        "page_url": reverse("reports:list"),
        "new_url": reverse("reports:new") if may_change else "",
        "columns": _COLUMNS,
        "rows": [_row(schedule, lists, may_change=may_change) for schedule in schedules],
    }


def _row(schedule: ReportSchedule, lists: dict[str, str], *, may_change: bool) -> dict[str, Any]:
    newest = max(
        schedule.deliveries.all(), key=lambda each: (each.due_at, each.again), default=None
    )
    return {
        "pk": schedule.pk,
        "name": schedule.name,
        "url": reverse("reports:detail", args=[schedule.pk]),
        "detail": f"{lists[schedule.list_key]} as {schedule.format.upper()} to "
        f"{', '.join(schedule.recipients)}",
        "when": when(schedule),
        "next_at": schedule.next_due_at if schedule.enabled else None,
        "last": DeliveryStatus(newest.status).label if newest else "",
        "last_tone": _TONES.get(DeliveryStatus(newest.status), "info") if newest else "",
        "last_at": newest and (newest.sent_at or newest.due_at),
        "enabled": schedule.enabled,
        "version": schedule.version,
        "switch_url": reverse("reports:switch", args=[schedule.pk]) if may_change else "",
    }


def detail_context(
    schedule: ReportSchedule | None, form: ReportForm, *, may_change: bool
) -> dict[str, Any]:
    """Return one report with its form and its log; None for a new one."""
    context: dict[str, Any] = {
        "page_url": reverse("reports:new"),
        "list_url": reverse("reports:list"),
        "title": "New report",
        "form": form,
        "may_change": may_change,
        "zone": settings.TIME_ZONE,
        "deliveries": [],
    }
    if schedule is None:
        return context
    rows = schedule.deliveries.order_by("-due_at", "-again")[:LOG_SIZE]
    listed = next(
        (each for each in offered_to(schedule.owner) if each.key == schedule.list_key), None
    )
    return context | {
        "page_url": reverse("reports:detail", args=[schedule.pk]),
        "title": schedule.name,
        "sentence": when(schedule),
        "rows_url": listed.url(schedule.query) if listed else "",
        "deliveries": [
            {
                "pk": row.pk,
                "due_at": row.due_at,
                "again": row.again,
                "state": DeliveryStatus(row.status).label,
                "tone": _TONES.get(DeliveryStatus(row.status), "info"),
                "sent_at": row.sent_at,
                "rows": formats.count(row.rows) if row.rows is not None else formats.UNKNOWN,
                "attempts": row.attempts,
                "error": row.error,
                "to": ", ".join(row.recipients),
                "again_url": reverse("reports:again", args=[row.pk]) if may_change else "",
            }
            for row in rows
        ],
    }
