"""The rules of an alert's life: what firing, ending, time and people do to it.

    open -> acknowledged -> resolved;  snoozed from open or acknowledged;
    flapping while it changed more than FLAPPING_CHANGES times in FLAPPING_WINDOW.

Each function takes how the alert stands and returns how it stands afterwards with the event that
tells of it, or None when nothing changes. Nothing here reads the clock or the database.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from alerts.choices import (
    SEVERITY_RANK,
    AlertKind,
    AlertState,
    EventKind,
    Resolution,
    Severity,
    SnoozeUntil,
)
from techmart.core.problems import FieldError, Refusal

# All figures of the life cycle are the house's rule for alerts (docs/domain/alerts.md).
REOPEN_WITHIN = timedelta(hours=24)
FLAPPING_CHANGES = 4
FLAPPING_WINDOW = timedelta(minutes=60)
# A flapping alert tells of itself once in this time.
FLAPPING_NOTICE_GAP = timedelta(minutes=60)
ACKNOWLEDGED_FOR = {
    Severity.CRITICAL: timedelta(hours=1),
    Severity.HIGH: timedelta(hours=4),
    Severity.MEDIUM: timedelta(hours=24),
    Severity.LOW: timedelta(hours=24),
    Severity.INFO: timedelta(hours=24),
}
SNOOZE_AT_MOST = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a condition must have ended before the alert is resolved by itself.

    needs_check: a further healthy check must say so; time alone is not enough.
    """

    period: timedelta = timedelta(0)
    needs_check: bool = False


_AT_ONCE = Hold()
# Healthy in two checks: they are a minute apart, and the same check delivered twice is one.
_TWO_CHECKS = Hold(timedelta(seconds=30), needs_check=True)
_HOLDS = {
    AlertKind.STOCK_OUT: Hold(timedelta(minutes=10)),
    AlertKind.OPS_STALE_VIEW: _TWO_CHECKS,
    AlertKind.OPS_QUEUE_AGE: _TWO_CHECKS,
    AlertKind.OPS_BEAT: _TWO_CHECKS,
    AlertKind.OPS_CACHE_EVICT: _TWO_CHECKS,
}


def hold_of(kind: AlertKind) -> Hold:
    """Return the hold time of a kind of alert."""
    return _HOLDS.get(kind, _AT_ONCE)


class ActRefused(Refusal):
    """A person's act that does not fit how the alert stands."""


class AlertEnded(ActRefused):
    """The alert is resolved already."""

    def __init__(self) -> None:
        super().__init__("This alert is resolved already.", code="alert_resolved", status=409)


class HeldBySomeone(ActRefused):
    """Someone else has acknowledged the alert."""

    def __init__(self, holder: str) -> None:
        super().__init__(
            f"{holder} has acknowledged this alert.", code="acknowledged_by_other", status=409
        )


class BadMoment(ActRefused):
    """The end that was asked for is past, or further away than allowed."""

    def __init__(self, detail: str) -> None:
        error = FieldError("until", "bad_moment", detail)
        super().__init__(detail, code="bad_moment", errors=[error])


class NotSnoozed(ActRefused):
    """There is no snooze to end."""

    def __init__(self) -> None:
        super().__init__("This alert is not snoozed.", code="not_snoozed", status=409)


class ReasonMissing(ActRefused):
    """Resolving by hand needs a reason."""

    def __init__(self) -> None:
        detail = "Say why the alert is resolved."
        error = FieldError("reason", "required", detail)
        super().__init__(detail, code="reason_missing", errors=[error])


@dataclass(frozen=True, slots=True)
class Standing:
    """How an alert stands, as far as the rules go.

    changed_at: when it last came or went, oldest first, at most FLAPPING_CHANGES + 1 moments.
    clearing_since: when its condition ended, None while it lasts.
    snooze_limit: severity rank above which, or occurrences at which, a snooze ends.
    notified_at: when it last told of itself.
    """

    state: AlertState
    severity: Severity
    occurrences: int = 1
    reopened: int = 0
    changed_at: tuple[datetime, ...] = ()
    clearing_since: datetime | None = None
    acknowledged_until: datetime | None = None
    snooze_rule: SnoozeUntil | None = None
    snoozed_until: datetime | None = None
    snooze_limit: int | None = None
    resolved_at: datetime | None = None
    resolution: Resolution | None = None
    notified_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the alert stands now, and what to write into its history."""

    standing: Standing
    event: EventKind


def is_flapping(changed_at: Sequence[datetime], now: datetime) -> bool:
    """Return whether more than FLAPPING_CHANGES changes lie in the window that ends now."""
    return sum(moment > now - FLAPPING_WINDOW for moment in changed_at) > FLAPPING_CHANGES


def acknowledged_until(severity: Severity, now: datetime) -> datetime:
    """Return when an acknowledgement given now runs out."""
    return now + ACKNOWLEDGED_FOR[severity]


def opened(severity: Severity, *, times: int, now: datetime) -> Outcome:
    """Return a new alert that fired `times` times at once."""
    standing = Standing(
        AlertState.OPEN, severity, occurrences=times, changed_at=(now,), notified_at=now
    )
    return Outcome(standing, EventKind.OPENED)


def fired(before: Standing, *, severity: Severity, times: int, now: datetime) -> Outcome:
    """Return how an alert stands after its condition was seen again.

    severity: of this sighting; it can raise the alert's own and never lowers it while live.
    times: how often it was seen, 1 or more.
    """
    if before.state is AlertState.RESOLVED:
        return _reopened(before, severity=severity, times=times, now=now)
    raised = SEVERITY_RANK[severity] > SEVERITY_RANK[before.severity]
    after = replace(
        before,
        severity=severity if raised else before.severity,
        occurrences=before.occurrences + times,
        clearing_since=None,
    )
    if raised and after.acknowledged_until is not None:
        until = min(after.acknowledged_until, acknowledged_until(severity, now))
        after = replace(after, acknowledged_until=until)
    if before.clearing_since in before.changed_at:
        # It had gone and would be resolved, were it not flapping: coming back is a change.
        after = replace(after, changed_at=_with_change(after.changed_at, now))
        if after.state is AlertState.OPEN and is_flapping(after.changed_at, now):
            return _notified(replace(after, state=AlertState.FLAPPING), EventKind.FLAPPING, now)
    return _seen_again(after, raised=raised, now=now)


def _seen_again(after: Standing, *, raised: bool, now: datetime) -> Outcome:
    """Choose what a further sighting tells: a snooze is quiet, flapping speaks once an hour."""
    if after.state is AlertState.SNOOZED and _wakes(after):
        return _notified(_awake(after, now), EventKind.WOKEN, now)
    if after.state is AlertState.FLAPPING:
        due = after.notified_at is None or now - after.notified_at >= FLAPPING_NOTICE_GAP
        if due:
            return _notified(after, EventKind.FLAPPING, now)
    elif after.state is not AlertState.SNOOZED and raised:
        return _notified(after, EventKind.RAISED, now)
    return Outcome(after, EventKind.REPEATED)


def ended(before: Standing, *, hold: Hold, now: datetime) -> Outcome | None:
    """Return how an alert stands once its condition was seen to have ended."""
    if before.state is AlertState.RESOLVED:
        return None
    if before.clearing_since is not None:
        return _gone(before, now) if now - before.clearing_since >= hold.period else None
    if hold.period and not is_flapping(before.changed_at, now):
        return Outcome(replace(before, clearing_since=now), EventKind.CLEARING)
    return _gone(before, now)


def passed(before: Standing, *, hold: Hold, now: datetime) -> Outcome | None:
    """Return how an alert stands when only time has gone by."""
    if before.state is AlertState.RESOLVED:
        return None
    if (
        before.clearing_since is not None
        and not hold.needs_check
        and now - before.clearing_since >= hold.period
        and (outcome := _gone(before, now)) is not None
    ):
        return outcome
    if before.state is AlertState.ACKNOWLEDGED and _is_past(before.acknowledged_until, now):
        return Outcome(_awake(before, now), EventKind.ACK_EXPIRED)
    if before.state is AlertState.SNOOZED and _is_past(before.snoozed_until, now):
        return _notified(_awake(before, now), EventKind.WOKEN, now)
    if before.state is AlertState.FLAPPING and not is_flapping(before.changed_at, now):
        return Outcome(replace(before, state=AlertState.OPEN), EventKind.SETTLED)
    return None


def acknowledged(before: Standing, *, until: datetime | None, now: datetime) -> Outcome:
    """Return the alert acknowledged until then, by default as long as its severity allows.

    Raises AlertEnded, BadMoment.
    """
    refuse_ended(before)
    latest = acknowledged_until(before.severity, now)
    if until is not None and not now < until <= latest:
        hours = ACKNOWLEDGED_FOR[before.severity] // timedelta(hours=1)
        raise BadMoment(
            f"A {before.severity.label.lower()} alert can be acknowledged for up to {hours} h."
        )
    after = replace(
        _awake(before, now), state=AlertState.ACKNOWLEDGED, acknowledged_until=until or latest
    )
    return Outcome(after, EventKind.ACKNOWLEDGED)


def snoozed(
    before: Standing, *, rule: SnoozeUntil, until: datetime | None, now: datetime
) -> Outcome:
    """Return the alert snoozed until a moment, a higher severity or twice as many sightings.

    until: needed for a moment, not used otherwise. Raises AlertEnded, BadMoment.
    """
    refuse_ended(before)
    limit: int | None = None
    if rule is SnoozeUntil.TIME:
        if until is None or not now < until <= now + SNOOZE_AT_MOST:
            raise BadMoment(f"Snooze until a moment in the next {SNOOZE_AT_MOST.days} days.")
    elif rule is SnoozeUntil.SEVERITY:
        limit = SEVERITY_RANK[before.severity]
    else:
        limit = before.occurrences * 2
    after = replace(
        before,
        state=AlertState.SNOOZED,
        acknowledged_until=None,
        snooze_rule=rule,
        snoozed_until=until if rule is SnoozeUntil.TIME else None,
        snooze_limit=limit,
    )
    return Outcome(after, EventKind.SNOOZED)


def unsnoozed(before: Standing, *, now: datetime) -> Outcome:
    """Return the alert awake again. Raises AlertEnded, NotSnoozed."""
    refuse_ended(before)
    if before.state is not AlertState.SNOOZED:
        raise NotSnoozed
    return Outcome(_awake(before, now), EventKind.WOKEN)


def resolved_by_hand(before: Standing, *, reason: str, now: datetime) -> Outcome:
    """Return the alert resolved for a reason. Raises AlertEnded, ReasonMissing."""
    refuse_ended(before)
    if not reason.strip():
        raise ReasonMissing
    after = _resolved(before, Resolution.MANUAL, _with_change(before.changed_at, now), now)
    return Outcome(after, EventKind.RESOLVED)


def refuse_ended(before: Standing) -> None:
    """Raise AlertEnded for a resolved alert: nobody acts on it any more."""
    if before.state is AlertState.RESOLVED:
        raise AlertEnded


def _reopened(before: Standing, *, severity: Severity, times: int, now: datetime) -> Outcome:
    changed_at = _with_change(before.changed_at, now)
    flapping = is_flapping(changed_at, now)
    after = Standing(
        AlertState.FLAPPING if flapping else AlertState.OPEN,
        severity,
        occurrences=before.occurrences + times,
        reopened=before.reopened + 1,
        changed_at=changed_at,
        notified_at=before.notified_at,
    )
    return _notified(after, EventKind.FLAPPING if flapping else EventKind.REOPENED, now)


def _gone(before: Standing, now: datetime) -> Outcome | None:
    """Resolve, unless that would be one change too many: then the alert stays and flaps."""
    counted = before.clearing_since in before.changed_at
    changed_at = before.changed_at if counted else _with_change(before.changed_at, now)
    if not is_flapping(changed_at, now):
        return Outcome(_resolved(before, Resolution.AUTO, changed_at, now), EventKind.RESOLVED)
    if counted:
        return None
    after = replace(before, changed_at=changed_at, clearing_since=now)
    if before.state is AlertState.OPEN:
        return _notified(replace(after, state=AlertState.FLAPPING), EventKind.FLAPPING, now)
    return Outcome(after, EventKind.CLEARING)


def _resolved(
    before: Standing, resolution: Resolution, changed_at: tuple[datetime, ...], now: datetime
) -> Standing:
    return Standing(
        AlertState.RESOLVED,
        before.severity,
        occurrences=before.occurrences,
        reopened=before.reopened,
        changed_at=changed_at,
        resolved_at=now,
        resolution=resolution,
        notified_at=before.notified_at,
    )


def _awake(standing: Standing, now: datetime) -> Standing:
    """Return it as nobody had acknowledged or snoozed it."""
    flapping = is_flapping(standing.changed_at, now)
    return replace(
        standing,
        state=AlertState.FLAPPING if flapping else AlertState.OPEN,
        acknowledged_until=None,
        snooze_rule=None,
        snoozed_until=None,
        snooze_limit=None,
    )


def _wakes(standing: Standing) -> bool:
    if standing.snooze_limit is None:
        return False
    if standing.snooze_rule is SnoozeUntil.SEVERITY:
        return SEVERITY_RANK[standing.severity] > standing.snooze_limit
    return standing.occurrences >= standing.snooze_limit


def _notified(standing: Standing, event: EventKind, now: datetime) -> Outcome:
    return Outcome(replace(standing, notified_at=now), event)


def _with_change(changed_at: tuple[datetime, ...], now: datetime) -> tuple[datetime, ...]:
    return (*changed_at, now)[-(FLAPPING_CHANGES + 1) :]


def _is_past(moment: datetime | None, now: datetime) -> bool:
    return moment is not None and moment <= now
