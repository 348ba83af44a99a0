"""Alerts in the database: lock them, write many at once, and tell of each change."""

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection, transaction
from django.db.models import Q

from alerts.announcer import wake_announcer
from alerts.choices import (
    LIVE_STATES,
    AlertState,
    EventKind,
    Resolution,
    Severity,
    SnoozeUntil,
    Topic,
)
from alerts.life_cycle import Standing
from alerts.models import Alert, AlertEvent
from techmart.core.models import User
from techmart.lib.cache import Tag, bump_on_commit

# Columns that a change can touch, with their SQL types.
_CHANGING = (
    ("kind", "text"),
    ("severity", "text"),
    ("state", "text"),
    ("title", "text"),
    ("message", "text"),
    ("path", "text"),
    ("facts", "jsonb"),
    ("audience", "text"),
    ("occurrences", "integer"),
    ("reopened", "integer"),
    ("changed_at", "timestamptz[]"),
    ("notified_at", "timestamptz"),
    ("last_seen_at", "timestamptz"),
    ("assigned_to_id", "bigint"),
    ("acknowledged_by_id", "bigint"),
    ("acknowledged_until", "timestamptz"),
    ("snooze_rule", "text"),
    ("snoozed_until", "timestamptz"),
    ("snooze_limit", "integer"),
    ("clearing_since", "timestamptz"),
    ("resolved_at", "timestamptz"),
    ("resolved_by_id", "bigint"),
    ("resolution", "text"),
    ("reason", "text"),
)
_FIXED = (
    ("dedupe_key", "text"),
    ("subject_kind", "text"),
    ("subject_id", "bigint"),
    ("first_seen_at", "timestamptz"),
)


def _names(columns: Iterable[tuple[str, str]]) -> str:
    return ", ".join(name for name, _ in columns)


def _typed(columns: Iterable[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in columns)


# The predicate is that of alerts_one_live_per_key, which a conflict is judged by. Inserting in
# key order keeps two writers of the same keys from waiting for each other.
_INSERT = f"""
INSERT INTO alerts ({_names(_FIXED + _CHANGING)})
SELECT {_names(_FIXED + _CHANGING)}
FROM jsonb_to_recordset(%s::jsonb) AS given({_typed(_FIXED + _CHANGING)})
ORDER BY dedupe_key
ON CONFLICT (dedupe_key)
WHERE state IN ({", ".join(f"'{state.value}'" for state in LIVE_STATES)}) DO NOTHING
RETURNING id, dedupe_key
"""
_UPDATE = f"""
UPDATE alerts
SET {", ".join(f"{name} = given.{name}" for name, _ in _CHANGING)}
FROM jsonb_to_recordset(%s::jsonb) AS given(id bigint, {_typed(_CHANGING)})
WHERE alerts.id = given.id
"""


def lock_by_key(
    keys: Collection[str], *, resolved_since: datetime | None = None
) -> dict[str, Alert]:
    """Lock and return the live alert of each key, or one resolved since then if none is live."""
    wanted = Q(state__in=LIVE_STATES)
    if resolved_since is not None:
        wanted |= Q(state=AlertState.RESOLVED, resolved_at__gte=resolved_since)
    found: dict[str, Alert] = {}
    rows = Alert.objects.filter(wanted, dedupe_key__in=keys).select_for_update().order_by("id")
    for alert in rows:
        other = found.get(alert.dedupe_key)
        if other is None or _closer(alert, other):
            found[alert.dedupe_key] = alert
    return found


def _closer(alert: Alert, other: Alert) -> bool:
    """Say whether a sighting continues this alert rather than the other of the same key."""
    if other.resolved_at is None or alert.resolved_at is None:
        return alert.resolved_at is None
    return alert.resolved_at > other.resolved_at


def insert_unless_live(alerts: Sequence[Alert]) -> list[Alert]:
    """Insert alerts; return those inserted, with their keys.

    An alert whose dedupe key has a live one by now, from a transaction that was faster, is left
    out. Waits for transactions that are inserting the same key.
    """
    by_key = {alert.dedupe_key: alert for alert in alerts}
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [_as_json(alerts, _FIXED + _CHANGING)])
        inserted = cursor.fetchall()
    for pk, key in inserted:
        by_key[key].pk = pk
        by_key[key]._state.adding = False
    return [by_key[key] for _, key in inserted]


def update(alerts: Sequence[Alert]) -> None:
    """Write all that can change of these alerts, in one statement."""
    if alerts:
        with connection.cursor() as cursor:
            cursor.execute(_UPDATE, [_as_json(alerts, (("id", "bigint"), *_CHANGING))])


def _as_json(alerts: Sequence[Alert], columns: Iterable[tuple[str, str]]) -> str:
    names = [name for name, _ in columns]
    return json.dumps(
        [{name: getattr(alert, name) for name in names} for alert in alerts], default=_plain
    )


def _plain(value: Any) -> Any:
    # Django's encoder would cut a moment to milliseconds.
    return value.isoformat() if isinstance(value, datetime) else DjangoJSONEncoder().default(value)


def standing_of(alert: Alert) -> Standing:
    """Return what the rules look at."""
    return Standing(
        state=AlertState(alert.state),
        severity=Severity(alert.severity),
        occurrences=alert.occurrences,
        reopened=alert.reopened,
        changed_at=tuple(alert.changed_at),
        clearing_since=alert.clearing_since,
        acknowledged_until=alert.acknowledged_until,
        snooze_rule=SnoozeUntil(alert.snooze_rule) if alert.snooze_rule else None,
        snoozed_until=alert.snoozed_until,
        snooze_limit=alert.snooze_limit,
        resolved_at=alert.resolved_at,
        resolution=Resolution(alert.resolution) if alert.resolution else None,
        notified_at=alert.notified_at,
    )


def put_standing(alert: Alert, standing: Standing) -> None:
    """Copy what the rules decided to the row, and drop who did what no longer holds."""
    alert.state = standing.state
    alert.severity = standing.severity
    alert.occurrences = standing.occurrences
    alert.reopened = standing.reopened
    alert.changed_at = list(standing.changed_at)
    alert.clearing_since = standing.clearing_since
    alert.acknowledged_until = standing.acknowledged_until
    alert.snooze_rule = standing.snooze_rule or ""
    alert.snoozed_until = standing.snoozed_until
    alert.snooze_limit = standing.snooze_limit
    alert.resolved_at = standing.resolved_at
    alert.resolution = standing.resolution or ""
    alert.notified_at = standing.notified_at
    if standing.state is not AlertState.ACKNOWLEDGED:
        alert.acknowledged_by = None
    if standing.state is not AlertState.RESOLVED:
        alert.resolved_by = None
        alert.reason = ""


def tell(
    changes: Sequence[tuple[Alert, EventKind]],
    *,
    now: datetime,
    actor: User | None = None,
    details: dict[str, Any] | None = None,
) -> None:
    """Write one event a change, in this transaction, and announce it once that has committed.

    details: what else the history says of it, such as the reason.
    """
    AlertEvent.objects.bulk_create(
        [
            AlertEvent(
                topic=Topic.ALERTS,
                kind=kind,
                alert=alert,
                actor=actor,
                subject_kind=alert.subject_kind,
                subject_id=alert.subject_id,
                audience=alert.audience,
                payload={
                    "alert": alert.pk,
                    "type": alert.kind,
                    "severity": alert.severity,
                    "state": alert.state,
                    "title": alert.title,
                    "message": alert.message,
                    "path": alert.path,
                    "occurrences": alert.occurrences,
                    **(details or {}),
                },
                at=now,
            )
            for alert, kind in changes
        ],
        batch_size=1000,
    )
    if changes:
        bump_on_commit(Tag.ALERTS)
        transaction.on_commit(wake_announcer, robust=True)
