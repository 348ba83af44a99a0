"""Making, changing and pausing reports; asking for one again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Max

from techmart.core.audit import record_audit
from techmart.core.exports.registry import find
from techmart.core.models import ReportDelivery, ReportSchedule, User
from techmart.core.problems import FieldError, Refusal
from techmart.core.reports.due_times import next_due
from techmart.core.reports.models import DeliveryStatus, Frequency

FIELDS = (
    *("name", "list_key", "query", "format", "recipients", "frequency", "weekday"),
    *("day_of_month", "at"),
)


class ReportRefused(Refusal):
    """The report's name is taken, or what it asks for does not go together."""


class StaleReport(Refusal):
    """Somebody changed the report since it was read."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody changed this report since you opened it. Reload to see it as it is now.",
            code="stale",
            status=409,
        )


@transaction.atomic
def create_report(*, fields: Mapping[str, Any], actor: User, now: datetime) -> ReportSchedule:
    """Make a report that is due from now on.

    Raises NoSuchList, ListNotPermitted, NoSuchSubject, ReportRefused.
    """
    given = _given(fields, owner=actor)
    schedule = ReportSchedule(**given, owner=actor, created_at=now)
    schedule.next_due_at = due_after(schedule, now)
    _save(schedule)
    _audit("report.create", schedule, before={}, actor=actor, now=now)
    return schedule


@transaction.atomic
def change_report(
    *, report_id: int, fields: Mapping[str, Any], version: int, actor: User, now: datetime
) -> ReportSchedule:
    """Change a report that still has `version`; it is due from now on.

    Raises NoSuchList, ListNotPermitted, NoSuchSubject, StaleReport, ReportRefused,
    ReportSchedule.DoesNotExist.
    """
    schedule = _locked(report_id, version)
    before = _state(schedule)
    for name, value in _given(fields, owner=schedule.owner).items():
        setattr(schedule, name, value)
    schedule.version += 1
    schedule.next_due_at = due_after(schedule, now)
    _save(schedule)
    _audit("report.change", schedule, before=before, actor=actor, now=now)
    return schedule


@transaction.atomic
def switch_report(
    *, report_id: int, enabled: bool, version: int, actor: User, now: datetime
) -> ReportSchedule:
    """Pause a report or let it go on; what fell due meanwhile is not sent.

    Raises StaleReport, ReportSchedule.DoesNotExist.
    """
    schedule = _locked(report_id, version)
    before = _state(schedule)
    schedule.enabled = enabled
    schedule.version += 1
    schedule.next_due_at = due_after(schedule, now)
    schedule.save(update_fields=["enabled", "version", "next_due_at"])
    _audit("report.switch", schedule, before=before, actor=actor, now=now)
    return schedule


@transaction.atomic
def send_again(*, delivery_id: int, actor: User, now: datetime) -> ReportDelivery:
    """Send a report once more, as it would be now, to those it goes to now.

    Raises ReportDelivery.DoesNotExist.
    """
    earlier = ReportDelivery.objects.select_related("schedule").get(pk=delivery_id)
    # One at a time, so that each has a number of its own.
    schedule = ReportSchedule.objects.select_for_update().get(pk=earlier.schedule_id)
    newest = schedule.deliveries.filter(due_at=earlier.due_at).aggregate(newest=Max("again"))
    delivery = ReportDelivery.objects.create(
        schedule=schedule,
        due_at=earlier.due_at,
        again=newest["newest"] + 1,
        next_try_at=now,
        recipients=schedule.recipients,
        message_id=new_message_id(),
    )
    record_audit(
        action="report.send_again",
        subject_kind="report",
        subject_id=schedule.pk,
        now=now,
        actor=actor,
        after={"due_at": earlier.due_at},
    )
    return delivery


@transaction.atomic
def take_due(*, now: datetime) -> list[ReportDelivery]:
    """Note a delivery for each report that is due, and when it is due next.

    What fell due several times while nothing ran is sent once, for the newest of these times.
    """
    due = ReportSchedule.objects.filter(enabled=True, next_due_at__lte=now)
    taken = []
    for schedule in due.select_for_update(skip_locked=True):
        due_at = schedule.next_due_at
        while (following := due_after(schedule, due_at)) <= now:
            due_at = following
        delivery, made = ReportDelivery.objects.get_or_create(
            schedule=schedule,
            due_at=due_at,
            again=0,
            defaults={
                "next_try_at": now,
                "recipients": schedule.recipients,
                "message_id": new_message_id(),
            },
        )
        schedule.next_due_at = following
        schedule.save(update_fields=["next_due_at"])
        if made:
            taken.append(delivery)
    return taken


def due_after(schedule: ReportSchedule, moment: datetime) -> datetime:
    """Return when a report is due next after a moment."""
    return next_due(
        moment,
        frequency=Frequency(schedule.frequency),
        at=schedule.at,
        weekday=schedule.weekday,
        day_of_month=schedule.day_of_month,
        zone=ZoneInfo(settings.TIME_ZONE),
    )


def new_message_id() -> str:
    """Return the name of a mail, the same in every try to send it."""
    return f"<{uuid4().hex}@techmart.report>"


def waiting_deliveries(*, now: datetime) -> list[int]:
    """Return the deliveries to be tried now, oldest first."""
    return list(
        ReportDelivery.objects.filter(status=DeliveryStatus.WAITING, next_try_at__lte=now)
        .order_by("next_try_at", "pk")
        .values_list("pk", flat=True)
    )


def _given(fields: Mapping[str, Any], *, owner: User) -> dict[str, Any]:
    """Return a report's fields, of a list that its owner may see."""
    given = {name: fields[name] for name in FIELDS}
    if isinstance(given["query"], str):
        given["query"] = dict(parse_qsl(given["query"].lstrip("?")))
    find(given["list_key"], owner).require_subject(given["query"])
    return given


def _save(schedule: ReportSchedule) -> None:
    try:
        with transaction.atomic():
            schedule.save()
    except IntegrityError as error:
        if "report_schedules_name_unique" not in str(error):
            raise
        message = f"There is a report named {schedule.name} already."
        raise ReportRefused(
            message, code="taken", errors=[FieldError("name", "taken", message)]
        ) from error


def _locked(report_id: int, version: int) -> ReportSchedule:
    schedule = ReportSchedule.objects.select_for_update().get(pk=report_id)
    if schedule.version != version:
        raise StaleReport
    return schedule


def _state(schedule: ReportSchedule) -> dict[str, Any]:
    return {
        name: str(getattr(schedule, name)) if name == "at" else getattr(schedule, name)
        for name in (*FIELDS, "enabled")
    }


def _audit(
    action: str, schedule: ReportSchedule, *, before: Mapping[str, Any], actor: User, now: datetime
) -> None:
    record_audit(
        action=action,
        subject_kind="report",
        subject_id=schedule.pk,
        now=now,
        actor=actor,
        before=before,
        after=_state(schedule),
    )
