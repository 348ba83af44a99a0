"""Alerts about the house itself."""

from datetime import timedelta

import pytest

from alerts import ops
from alerts.choices import AlertKind, AlertState, Severity
from alerts.models import Alert
from alerts.ops import Check, check_beat, check_eviction, check_queue, report
from alerts.queues import QueueServer, QueueServerAway, QueueState
from tests.alerts.factories import NOON, at


def queue(
    name: str = "alerts",
    *,
    depth: int = 0,
    oldest_seconds: float | None = None,
    sent_ago: float | None = 10,
    done_ago: float | None = 10,
) -> QueueState:
    """A queue as of noon, healthy unless told otherwise; ages in seconds."""
    return QueueState(
        queue=name,
        depth=depth,
        oldest_seconds=oldest_seconds,
        sent_at=None if sent_ago is None else NOON - timedelta(seconds=sent_ago),
        completed_at=None if done_ago is None else NOON - timedelta(seconds=done_ago),
        limit_seconds=120,
    )


@pytest.mark.parametrize(
    ("state", "severity"),
    [
        (queue(depth=500, oldest_seconds=120), None),
        (queue(depth=1, oldest_seconds=121), Severity.HIGH),
        (queue(depth=1, oldest_seconds=601), Severity.CRITICAL),
        (queue(depth=1, done_ago=121), Severity.HIGH),
        (queue(depth=0, done_ago=9000), None),
        (queue(depth=3, done_ago=None, sent_ago=None), None),
    ],
)
def test_a_queue_is_judged_by_what_waits_in_it(
    state: QueueState, severity: Severity | None
) -> None:
    check = check_queue(state, now=NOON)

    assert check.severity == severity
    assert check.dedupe_key == "ops:queue_age:alerts"


@pytest.mark.parametrize(
    ("states", "silent"),
    [
        ([queue(sent_ago=120)], False),
        ([queue(sent_ago=121), queue("refresh", sent_ago=500)], True),
        ([queue(sent_ago=121), queue("refresh", sent_ago=20)], False),
        # Jobs wait: somebody sent them, and it is the workers that are silent.
        ([queue(sent_ago=500, depth=4)], False),
        # Never started.
        ([queue(sent_ago=None, done_ago=None)], False),
    ],
)
def test_the_scheduler_is_judged_by_what_it_sent_last(
    states: list[QueueState], *, silent: bool
) -> None:
    assert check_beat(states, now=NOON).severity == (Severity.CRITICAL if silent else None)


def test_a_queue_server_that_evicts_is_told() -> None:
    assert check_eviction(evicted_keys=0, may_evict=False).severity is None
    assert check_eviction(evicted_keys=0, may_evict=True).severity == Severity.HIGH
    lost = check_eviction(evicted_keys=3, may_evict=True)
    assert lost.severity == Severity.CRITICAL
    assert lost.message.startswith("3 keys were thrown away")


FAILED = Check(AlertKind.OPS_BEAT, "beat", Severity.CRITICAL, title="The scheduler is silent")
HEALTHY = Check(AlertKind.OPS_BEAT, "beat")


@pytest.mark.django_db
def test_a_failed_check_is_one_alert_that_ends_with_two_healthy_ones() -> None:
    report([FAILED], now=at(0))
    report([FAILED], now=at(1))
    report([HEALTHY], now=at(2))
    alert = Alert.objects.get()
    assert (alert.state, alert.occurrences, alert.dedupe_key) == ("open", 2, "ops:beat")

    report([HEALTHY], now=at(3))

    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


@pytest.mark.django_db
def test_evaluating_reports_all_that_was_found(monkeypatch: pytest.MonkeyPatch) -> None:
    late = queue("refresh", depth=2, oldest_seconds=500)
    monkeypatch.setattr(ops, "queue_states", lambda now: [queue(), late])
    monkeypatch.setattr(ops, "queue_server", lambda: QueueServer(0, "allkeys-lru"))

    ops.evaluate(now=NOON)

    found = Alert.objects.order_by("dedupe_key").values_list("dedupe_key", "severity")
    assert list(found) == [("ops:cache_evict", "high"), ("ops:queue_age:refresh", "high")]


@pytest.mark.django_db
def test_without_the_queue_server_alerts_stay_and_one_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def away(now: object) -> list[QueueState]:
        raise QueueServerAway

    report([FAILED], now=at(0))
    monkeypatch.setattr(ops, "queue_states", away)

    ops.evaluate(now=at(1))
    ops.evaluate(now=at(2))

    keys = Alert.objects.filter(state=AlertState.OPEN).order_by("dedupe_key")
    assert [alert.dedupe_key for alert in keys] == ["ops:beat", "ops:queue_server"]
