"""Queues seen from outside, on the real queue server and with a real worker."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import current_app
from django.conf import settings as django_settings
from django.utils import timezone
from pytest_django import Settings
from redis import Redis

from alerts import queues
from alerts.models import JobHeartbeat
from alerts.queues import QueueServerAway, queue_server, queue_states, record_heartbeat
from alerts.tasks import heartbeat, sweep_alerts
from tests.alerts.factories import NOON, at
from tests.alerts.live_process import same_database
from tests.techmart.lib.cache.server import CacheServer


@pytest.fixture(scope="module")
def server() -> Iterator[CacheServer]:
    """A queue server of these tests' own: into the common one others put jobs at any time."""
    folder = Path(tempfile.mkdtemp(prefix="techmart-queue-", dir="/tmp"))
    with CacheServer(folder) as server:
        yield server
    shutil.rmtree(folder)


@pytest.fixture
def redis(server: CacheServer, settings: Settings) -> Iterator["Redis"]:
    """The queue server, empty."""
    settings.BROKER_URL = server.url.replace("unix://", "redis+socket://")
    with Redis.from_url(server.url) as connection:
        connection.flushall()
        yield connection


@contextmanager
def producer() -> Iterator[Any]:
    """What sends jobs as the application does, to the server that the settings name now."""
    with current_app.connection_for_write(django_settings.BROKER_URL) as connection:
        yield current_app.amqp.Producer(connection, auto_declare=False)


def state_of(queue: str, now: datetime) -> queues.QueueState:
    return next(state for state in queue_states(now=now) if state.queue == queue)


@pytest.mark.django_db
def test_a_waiting_job_has_an_age(redis: "Redis") -> None:
    with producer() as to_queue:
        sweep_alerts.apply_async(producer=to_queue)
        sweep_alerts.apply_async(producer=to_queue)

    state = state_of("alerts", timezone.now() + timedelta(seconds=300))

    assert state.depth == 2
    assert state.oldest_seconds is not None
    assert 300 <= state.oldest_seconds < 330
    assert state.is_late(NOON)
    assert state_of("exports", NOON).depth == 0


@pytest.mark.django_db
def test_the_oldest_job_counts_and_not_the_newest(redis: "Redis") -> None:
    for sent_at in (NOON, at(10)):
        redis.lpush("refresh", json.dumps({"headers": {"sent_at": sent_at.timestamp()}}))

    assert state_of("refresh", at(11)).oldest_seconds == 660


@pytest.mark.django_db
@pytest.mark.parametrize("message", [b"not JSON", b"{}", b'{"headers": {"sent_at": null}}'])
def test_a_job_that_does_not_say_when_it_was_sent_has_no_age(
    redis: "Redis", message: bytes
) -> None:
    redis.lpush("refresh", message)

    state = state_of("refresh", NOON)

    assert (state.depth, state.oldest_seconds) == (1, None)


@pytest.mark.django_db
def test_a_queue_is_late_when_jobs_wait_and_its_heartbeat_is_old(redis: "Redis") -> None:
    record_heartbeat(queue="alerts", sent_at=None, now=NOON)
    assert not state_of("alerts", at(5)).is_late(at(5))  # nothing waits

    redis.lpush("alerts", b"{}")

    assert not state_of("alerts", at(2)).is_late(at(2))
    assert state_of("alerts", at(2.1)).is_late(at(2.1))


@pytest.mark.django_db
def test_a_heartbeat_replaces_the_one_before() -> None:
    record_heartbeat(queue="alerts", sent_at=NOON.timestamp(), now=at(1))
    record_heartbeat(queue="alerts", sent_at=at(2).timestamp(), now=at(3))

    row = JobHeartbeat.objects.get()
    assert (row.queue, row.sent_at, row.completed_at) == ("alerts", at(2), at(3))


def test_the_queue_server_keeps_what_it_is_given() -> None:
    server = queue_server()

    assert (server.evicted_keys, server.may_evict) == (0, False)


@pytest.mark.django_db
def test_a_server_that_is_away_is_said_so(settings: Settings) -> None:
    settings.BROKER_URL = "redis+socket:///nowhere/queue.sock"

    with pytest.raises(QueueServerAway):
        queue_states(now=NOON)
    with pytest.raises(QueueServerAway):
        queue_server()


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_answers_a_heartbeat(redis: "Redis") -> None:
    sent_after = datetime.now(UTC)
    with producer() as to_queue:
        heartbeat.apply_async(kwargs={"queue": "exports"}, queue="exports", producer=to_queue)
    environment: dict[str, Any] = {
        **os.environ,
        **same_database(),
        "BROKER_URL": django_settings.BROKER_URL,
    }
    worker = subprocess.Popen(
        [
            *(sys.executable, "-m", "celery", "--app", "techmart", "worker"),
            *("--queues", "exports", "--pool", "solo", "--loglevel", "ERROR"),
            *("--without-gossip", "--without-mingle"),
        ],
        env=environment,
        cwd=django_settings.BASE_DIR,
    )
    try:
        deadline = time.monotonic() + 40
        while not JobHeartbeat.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    finally:
        worker.send_signal(signal.SIGTERM)
        worker.wait(timeout=20)

    row = JobHeartbeat.objects.get(queue="exports")
    assert sent_after <= row.sent_at < row.completed_at
