"""What programs see: a condition holds, or has ended."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from alerts import life_cycle
from alerts.choices import SEVERITY_RANK, AlertKind, EventKind, Severity
from alerts.life_cycle import REOPEN_WITHIN
from alerts.models import Alert
from alerts.services.rows import (
    insert_unless_live,
    lock_by_key,
    put_standing,
    standing_of,
    tell,
    update,
)
from alerts.services.specs import AlertSpec

# A pass that loses a race against another writer of the same key is repeated.
MAX_PASSES = 5


class KeyContended(Exception):
    """A dedupe key kept changing hands; the transaction should be tried again."""


def raise_alert(
    *,
    kind: AlertKind,
    severity: Severity,
    dedupe_key: str,
    subject_kind: str,
    subject_id: int | None,
    title: str,
    message: str = "",
    path: str = "",
    facts: Mapping[str, Any] | None = None,
    audience: str = "",
    now: datetime,
) -> Alert:
    """Say that a condition holds, and return its alert; see AlertSpec for the arguments.

    The same key while not resolved: counted, and the severity may rise. Within 24 h after it was
    resolved: the same alert comes back. Otherwise a new one. Waits for other transactions that
    raise the same key. Raises KeyContended.
    """
    spec = AlertSpec(
        kind=kind,
        severity=severity,
        dedupe_key=dedupe_key,
        subject_kind=subject_kind,
        subject_id=subject_id,
        title=title,
        message=message,
        path=path,
        facts=facts or {},
        audience=audience,
    )
    return _raise_or_retry([spec], now=now)[0]


def raise_alerts(specs: Sequence[AlertSpec], *, now: datetime) -> int:
    """Raise many alerts in a few statements; return how many alerts that touched.

    Several sightings of one key count as that many, with the highest severity and the last words.
    Raises KeyContended.
    """
    return len(_raise_or_retry(specs, now=now)) if specs else 0


def clear_alert(*, dedupe_key: str, now: datetime) -> None:
    """Say that a condition has ended; see clear_alerts."""
    clear_alerts([dedupe_key], now=now)


@transaction.atomic
def clear_alerts(dedupe_keys: Collection[str], *, now: datetime) -> None:
    """Say that conditions have ended: their alerts are resolved, some after a hold time.

    A key without a live alert has nothing to end, and is no error.
    """
    if not dedupe_keys:
        return
    changes: list[tuple[Alert, EventKind]] = []
    for alert in lock_by_key(dedupe_keys).values():
        hold = life_cycle.hold_of(AlertKind(alert.kind))
        outcome = life_cycle.ended(standing_of(alert), hold=hold, now=now)
        if outcome is not None:
            put_standing(alert, outcome.standing)
            changes.append((alert, outcome.event))
    update([alert for alert, _ in changes])
    tell(changes, now=now)


def _raise_or_retry(specs: Sequence[AlertSpec], *, now: datetime) -> list[Alert]:
    for _ in range(MAX_PASSES - 1):
        try:
            return _raise(specs, now=now)
        except IntegrityError:
            # Another writer saw the 24 h as over and inserted what we were about to reopen.
            continue
    return _raise(specs, now=now)


@transaction.atomic
def _raise(specs: Sequence[AlertSpec], *, now: datetime) -> list[Alert]:
    waiting = _merged(specs)
    times = Counter(spec.dedupe_key for spec in specs)
    touched: list[Alert] = []
    for _ in range(MAX_PASSES):
        changes = [
            (alert, _fire(alert, waiting.pop(key), times=times[key], now=now))
            for key, alert in lock_by_key(waiting, resolved_since=now - REOPEN_WITHIN).items()
        ]
        update([alert for alert, _ in changes])
        fresh = [_new_alert(spec, times=times[key], now=now) for key, spec in waiting.items()]
        for alert in insert_unless_live(fresh) if fresh else ():
            del waiting[alert.dedupe_key]
            changes.append((alert, EventKind.OPENED))
        tell(changes, now=now)
        touched += [alert for alert, _ in changes]
        if not waiting:
            return touched
    raise KeyContended(next(iter(waiting)))


def _merged(specs: Sequence[AlertSpec]) -> dict[str, AlertSpec]:
    """Return one sighting a key: the last of the most severe ones."""
    merged: dict[str, AlertSpec] = {}
    for spec in specs:
        other = merged.get(spec.dedupe_key)
        if other is None or SEVERITY_RANK[spec.severity] >= SEVERITY_RANK[other.severity]:
            merged[spec.dedupe_key] = spec
    return merged


def _fire(alert: Alert, spec: AlertSpec, *, times: int, now: datetime) -> EventKind:
    before = standing_of(alert)
    outcome = life_cycle.fired(before, severity=spec.severity, times=times, now=now)
    if SEVERITY_RANK[spec.severity] >= SEVERITY_RANK[outcome.standing.severity]:
        _describe(alert, spec)
    put_standing(alert, outcome.standing)
    alert.last_seen_at = now
    return outcome.event


def _new_alert(spec: AlertSpec, *, times: int, now: datetime) -> Alert:
    alert = Alert(
        dedupe_key=spec.dedupe_key,
        subject_kind=spec.subject_kind,
        subject_id=spec.subject_id,
        first_seen_at=now,
        last_seen_at=now,
    )
    _describe(alert, spec)
    put_standing(alert, life_cycle.opened(spec.severity, times=times, now=now).standing)
    return alert


def _describe(alert: Alert, spec: AlertSpec) -> None:
    """Take over the words of a sighting; those of a milder one than the alert's do not fit it."""
    alert.kind = spec.kind
    alert.title = spec.short_title
    alert.message = spec.short_message
    alert.path = spec.path
    alert.facts = dict(spec.facts)
    alert.audience = spec.audience
