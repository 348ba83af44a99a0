"""Silencing alerts for a while, with a reason."""

from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import QuerySet

from alerts.notifying.models import Silence
from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal

LONGEST: Final = timedelta(days=30)


class SilenceRefused(Refusal):
    """A silence without a reason, or of no or too long a time."""


def in_force(*, now: datetime) -> QuerySet[Silence]:
    """Return the silences that hold, the first to end first."""
    return (
        Silence.objects.filter(ended_at=None, ends_at__gt=now)
        .select_related("created_by")
        .order_by("ends_at", "pk")
    )


@transaction.atomic
def silence(
    *,
    kind: str,
    subject_kind: str = "",
    subject_id: int | None = None,
    reason: str,
    until: datetime,
    actor: User,
    now: datetime,
) -> Silence:
    """Keep alerts of a kind, or of one subject, from being sent until a moment.

    Raises SilenceRefused.
    """
    errors = []
    if not reason.strip():
        errors.append(FieldError("reason", "required", "Say why they are silenced."))
    if not now < until <= now + LONGEST:
        message = f"End it within {LONGEST.days} days from now."
        errors.append(FieldError("until", "out_of_range", message))
    if errors:
        raise SilenceRefused(errors[0].message, errors=errors)
    row = Silence.objects.create(
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        reason=reason.strip()[:300],
        starts_at=now,
        ends_at=until,
        created_by=actor,
    )
    _audit("alerts.silence", row, actor, now)
    return row


@transaction.atomic
def end_silence(*, silence_id: int, actor: User, now: datetime) -> Silence:
    """End a silence before its time; one that is over stays as it is. Raises DoesNotExist."""
    row = Silence.objects.select_for_update().get(pk=silence_id)
    if row.ended_at is None and row.ends_at > now:
        row.ended_at, row.ended_by = now, actor
        row.save(update_fields=["ended_at", "ended_by"])
        _audit("alerts.end_silence", row, actor, now)
    return row


def _audit(action: str, row: Silence, actor: User, now: datetime) -> None:
    record_audit(
        action=action,
        subject_kind="silence",
        subject_id=row.pk,
        now=now,
        actor=actor,
        before={},
        after={"kind": row.kind, "subject": f"{row.subject_kind} {row.subject_id or ''}".strip()},
        reason=row.reason,
    )
