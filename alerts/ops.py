"""Alerts about the running of the house itself: what was promised and does not hold."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from alerts.choices import AlertKind, Severity
from alerts.queues import QueueServerAway, QueueState, queue_server, queue_states
from alerts.services import AlertSpec, clear_alerts, raise_alerts

logger = logging.getLogger(__name__)

# The scheduler sends heartbeats twice a minute; four of them missing is silence.
BEAT_LIMIT_SECONDS = 120
# Waiting so many times longer than allowed is no longer a slow hour.
CRITICAL_FACTOR = 5


@dataclass(frozen=True, slots=True)
class Check:
    """What was found about one thing that must hold.

    name: names the thing; alerts are merged by `ops:{name}`. severity: None when it is healthy.
    """

    kind: AlertKind
    name: str
    severity: Severity | None = None
    title: str = ""
    message: str = ""
    path: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def dedupe_key(self) -> str:
        """The key of its alert."""
        return f"ops:{self.name}"


# No job of ours can find this out: readiness and the health page look too.
SERVER_AWAY = Check(
    AlertKind.OPS_QUEUE_AGE,
    "queue_server",
    severity=Severity.CRITICAL,
    title="The queue server does not answer",
    message="Sales are recorded; refreshes, alerts and live news wait until it is back.",
    path="/health/",
)


def report(checks: Sequence[Check], *, now: datetime) -> None:
    """Raise an alert for each check that failed, and end those of the healthy ones.

    An alert ends with the second healthy check in a row.
    """
    raise_alerts(
        [
            AlertSpec(
                kind=check.kind,
                severity=check.severity,
                dedupe_key=check.dedupe_key,
                subject_kind="ops",
                subject_id=None,
                title=check.title,
                message=check.message,
                path=check.path,
                facts=check.facts,
            )
            for check in checks
            if check.severity is not None
        ],
        now=now,
    )
    clear_alerts([check.dedupe_key for check in checks if check.severity is None], now=now)


def evaluate(*, now: datetime) -> None:
    """Check queues, scheduler and queue server, and report what was found.

    Without the queue server nothing can be said of the rest: those alerts stay as they are.
    """
    try:
        states = queue_states(now=now)
        server = queue_server()
    except QueueServerAway as error:
        logger.warning("queues cannot be checked: %s", error)
        report([SERVER_AWAY], now=now)
        return
    checks = [Check(AlertKind.OPS_QUEUE_AGE, SERVER_AWAY.name)]
    checks += [check_queue(state, now=now) for state in states]
    checks.append(check_beat(states, now=now))
    checks.append(check_eviction(evicted_keys=server.evicted_keys, may_evict=server.may_evict))
    report(checks, now=now)


def check_queue(state: QueueState, *, now: datetime) -> Check:
    """Jobs in a queue are done within the time that it allows."""
    name = f"queue_age:{state.queue}"
    if not state.is_late(now):
        return Check(AlertKind.OPS_QUEUE_AGE, name)
    ages = (state.oldest_seconds, state.heartbeat_age(now))
    waited = max(age for age in ages if age is not None)
    much = waited > state.limit_seconds * CRITICAL_FACTOR
    return Check(
        AlertKind.OPS_QUEUE_AGE,
        name,
        severity=Severity.CRITICAL if much else Severity.HIGH,
        title=f"Jobs wait in queue {state.queue}",
        message=(
            f"{state.depth} waiting, nothing done for {_minutes(waited)}; "
            f"{_minutes(state.limit_seconds)} is the limit. Is its worker running?"
        ),
        facts={"queue": state.queue, "depth": state.depth, "seconds": round(waited)},
    )


def check_beat(states: Sequence[QueueState], *, now: datetime) -> Check:
    """The scheduler sends jobs: a heartbeat was sent lately, or waits for a worker.

    Waiting jobs say that somebody sent them; then the queue is what is wrong.
    """
    sent = [state.sent_at for state in states if state.sent_at is not None]
    silent = (now - max(sent)).total_seconds() if sent else 0.0
    if silent <= BEAT_LIMIT_SECONDS or any(state.depth for state in states):
        return Check(AlertKind.OPS_BEAT, "beat")
    return Check(
        AlertKind.OPS_BEAT,
        "beat",
        severity=Severity.CRITICAL,
        title="The scheduler is silent",
        message=f"No job was sent for {_minutes(silent)}. Is beat running?",
        facts={"seconds": round(silent)},
    )


def check_eviction(*, evicted_keys: int, may_evict: bool) -> Check:
    """The queue server keeps every job it was given."""
    if not evicted_keys and not may_evict:
        return Check(AlertKind.OPS_CACHE_EVICT, "cache_evict")
    lost = f"{evicted_keys} keys were thrown away; jobs may be among them. " if evicted_keys else ""
    return Check(
        AlertKind.OPS_CACHE_EVICT,
        "cache_evict",
        severity=Severity.CRITICAL if evicted_keys else Severity.HIGH,
        title="The queue server may throw jobs away",
        message=f"{lost}Set maxmemory-policy noeviction and restart it.",
        facts={"evicted_keys": evicted_keys},
    )


def _minutes(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
