"""What people do to many alerts at once: one statement for all, and one event each."""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts import life_cycle
from alerts.choices import AlertState, EventKind, SnoozeUntil
from alerts.life_cycle import Outcome, Standing
from alerts.models import Alert
from alerts.services.rows import put_standing, standing_of, tell, update
from techmart.core.models import User


@transaction.atomic
def acknowledge_many(*, alert_ids: Collection[int], actor: User, now: datetime) -> int:
    """Take alerts on, each for as long as its severity allows; return how many.

    Left out are those that have ended and those that somebody else holds.
    """
    changed = _change(
        alert_ids,
        lambda before: life_cycle.acknowledged(before, until=None, now=now),
        possible=lambda alert: (
            alert.state != AlertState.ACKNOWLEDGED or alert.acknowledged_by_id == actor.pk
        ),
    )
    by_end: dict[datetime | None, list[tuple[Alert, EventKind]]] = {}
    for alert, event in changed:
        alert.acknowledged_by = actor
        by_end.setdefault(alert.acknowledged_until, []).append((alert, event))
    update([alert for alert, _ in changed])
    for until, changes in by_end.items():
        tell(changes, actor=actor, details={"until": until and until.isoformat()}, now=now)
    return len(changed)


@transaction.atomic
def snooze_many(
    *,
    alert_ids: Collection[int],
    actor: User,
    rule: SnoozeUntil,
    until: datetime | None = None,
    now: datetime,
) -> int:
    """Quiet alerts; return how many. Left out are those that have ended. Raises BadMoment."""
    changed = _change(
        alert_ids, lambda before: life_cycle.snoozed(before, rule=rule, until=until, now=now)
    )
    details = {"rule": rule.value, "until": until and until.isoformat()}
    return _written(changed, actor=actor, details=details, now=now)


@transaction.atomic
def resolve_many(*, alert_ids: Collection[int], actor: User, reason: str, now: datetime) -> int:
    """End alerts by hand; return how many. Left out are those that have ended.

    Raises ReasonMissing.
    """
    changed = _change(
        alert_ids, lambda before: life_cycle.resolved_by_hand(before, reason=reason, now=now)
    )
    for alert, _ in changed:
        alert.resolved_by = actor
        alert.reason = reason.strip()[:500]
    return _written(changed, actor=actor, details={"reason": reason.strip()[:500]}, now=now)


def _change(
    alert_ids: Collection[int],
    step: Callable[[Standing], Outcome],
    *,
    possible: Callable[[Alert], bool] = lambda _alert: True,
) -> list[tuple[Alert, EventKind]]:
    """Lock the alerts in key order and carry on the live ones for which it is possible."""
    rows = (
        Alert.objects.filter(pk__in=alert_ids)
        .select_related("acknowledged_by", "assigned_to")
        .select_for_update(of=("self",))
        .order_by("pk")
    )
    changed = []
    for alert in rows:
        if alert.state == AlertState.RESOLVED or not possible(alert):
            continue
        outcome = step(standing_of(alert))
        put_standing(alert, outcome.standing)
        changed.append((alert, outcome.event))
    return changed


def _written(
    changed: list[tuple[Alert, EventKind]], *, actor: User, details: dict[str, Any], now: datetime
) -> int:
    update([alert for alert, _ in changed])
    tell(changed, actor=actor, details=details, now=now)
    return len(changed)
