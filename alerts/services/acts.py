"""What people do to one alert. Each act is refused with an `ActRefused` that says why."""

from datetime import datetime
from typing import Any

from django.db import transaction

from alerts import life_cycle
from alerts.choices import AlertState, EventKind, SnoozeUntil
from alerts.life_cycle import HeldBySomeone
from alerts.models import Alert
from alerts.services.rows import put_standing, standing_of, tell, update
from techmart.core.models import User


@transaction.atomic
def acknowledge(
    *, alert_id: int, actor: User, until: datetime | None = None, now: datetime
) -> Alert:
    """Take an alert on; it opens again at `until`, by default as its severity says.

    Doing so twice prolongs it. Raises Alert.DoesNotExist, AlertEnded, BadMoment, HeldBySomeone.
    """
    alert = _locked(alert_id)
    holder = alert.acknowledged_by
    if alert.state == AlertState.ACKNOWLEDGED and holder is not None and holder.pk != actor.pk:
        raise HeldBySomeone(str(holder))
    outcome = life_cycle.acknowledged(standing_of(alert), until=until, now=now)
    ends_at = outcome.standing.acknowledged_until
    put_standing(alert, outcome.standing)
    alert.acknowledged_by = actor
    return _done(alert, outcome.event, actor, {"until": ends_at and ends_at.isoformat()}, now)


@transaction.atomic
def snooze(
    *,
    alert_id: int,
    actor: User,
    rule: SnoozeUntil,
    until: datetime | None = None,
    now: datetime,
) -> Alert:
    """Quiet an alert until a moment, a higher severity, or twice as many sightings.

    Raises Alert.DoesNotExist, AlertEnded, BadMoment.
    """
    alert = _locked(alert_id)
    outcome = life_cycle.snoozed(standing_of(alert), rule=rule, until=until, now=now)
    ends_at = outcome.standing.snoozed_until
    put_standing(alert, outcome.standing)
    details = {"rule": rule.value, "until": ends_at and ends_at.isoformat()}
    return _done(alert, outcome.event, actor, details, now)


@transaction.atomic
def unsnooze(*, alert_id: int, actor: User, now: datetime) -> Alert:
    """End a snooze. Raises Alert.DoesNotExist, AlertEnded, NotSnoozed."""
    alert = _locked(alert_id)
    outcome = life_cycle.unsnoozed(standing_of(alert), now=now)
    put_standing(alert, outcome.standing)
    return _done(alert, outcome.event, actor, {}, now)


@transaction.atomic
def assign(*, alert_id: int, actor: User, assignee: User | None, now: datetime) -> Alert:
    """Give an alert to a person, or to nobody. Raises Alert.DoesNotExist, AlertEnded."""
    alert = _locked(alert_id)
    life_cycle.refuse_ended(standing_of(alert))
    alert.assigned_to = assignee
    details = {"assignee": str(assignee) if assignee else ""}
    return _done(alert, EventKind.ASSIGNED, actor, details, now)


@transaction.atomic
def resolve(*, alert_id: int, actor: User, reason: str, now: datetime) -> Alert:
    """End an alert by hand. Raises Alert.DoesNotExist, AlertEnded, ReasonMissing.

    If its condition fires again within 24 h, it comes back.
    """
    alert = _locked(alert_id)
    outcome = life_cycle.resolved_by_hand(standing_of(alert), reason=reason, now=now)
    put_standing(alert, outcome.standing)
    alert.resolved_by = actor
    alert.reason = reason.strip()[:500]
    return _done(alert, outcome.event, actor, {"reason": alert.reason}, now)


def _locked(alert_id: int) -> Alert:
    people = ("acknowledged_by", "assigned_to")
    return Alert.objects.select_for_update(of=("self",)).select_related(*people).get(pk=alert_id)


def _done(
    alert: Alert, event: EventKind, actor: User, details: dict[str, Any], now: datetime
) -> Alert:
    update([alert])
    tell([(alert, event)], actor=actor, details=details, now=now)
    return alert
