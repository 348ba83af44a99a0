"""What time alone does to alerts."""

from datetime import datetime

from django.db import models, transaction
from django.db.models import Q

from alerts import life_cycle
from alerts.choices import LIVE_STATES, AlertKind, AlertState, EventKind
from alerts.models import Alert
from alerts.services.rows import put_standing, standing_of, tell, update

# Alerts judged in one transaction, so that a sweep after a long pause locks few at a time.
BATCH = 500


def sweep_alerts(*, now: datetime) -> int:
    """Carry on every alert for which time is up; return how many changed.

    Ends acknowledgements, snoozes and flapping, and resolves alerts whose condition ended long
    enough ago. An alert that someone else is changing is left for the next sweep.
    """
    changed = 0
    last_id = 0
    while True:
        with transaction.atomic():
            alerts = list(
                _due(now).filter(pk__gt=last_id).select_for_update(skip_locked=True)[:BATCH]
            )
            changed += _carry_on(alerts, now=now)
        if len(alerts) < BATCH:
            return changed
        last_id = alerts[-1].pk


def _due(now: datetime) -> models.QuerySet[Alert]:
    return Alert.objects.filter(
        Q(clearing_since__isnull=False, clearing_since__lte=now, state__in=LIVE_STATES)
        | Q(state=AlertState.ACKNOWLEDGED, acknowledged_until__lte=now)
        | Q(state=AlertState.SNOOZED, snoozed_until__lte=now)
        | Q(state=AlertState.FLAPPING)
    ).order_by("pk")


def _carry_on(alerts: list[Alert], *, now: datetime) -> int:
    changes: list[tuple[Alert, EventKind]] = []
    for alert in alerts:
        hold = life_cycle.hold_of(AlertKind(alert.kind))
        outcome = life_cycle.passed(standing_of(alert), hold=hold, now=now)
        if outcome is not None:
            put_standing(alert, outcome.standing)
            changes.append((alert, outcome.event))
    update([alert for alert, _ in changes])
    tell(changes, now=now)
    return len(changes)
