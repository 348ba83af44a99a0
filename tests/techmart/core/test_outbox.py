"""The outbox: with its transaction or not at all, once a row, and patient with a broker."""

import shutil
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from celery import Celery
from django.conf import settings
from django.db import connections, transaction
from pytest_django import Settings
from redis import Redis

from techmart.core import outbox
from techmart.core.models import Outbox, User
from techmart.core.outbox import Message
from tests.techmart.lib.cache.server import CacheServer

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


class Handler:
    """Keeps what it was given, and fails as often as told."""

    def __init__(self) -> None:
        self.got: list[Message] = []
        self.failures = 0
        self.called = threading.Event()

    def __call__(self, message: Message) -> None:
        self.called.set()
        if self.failures:
            self.failures -= 1
            User.objects.create(email="half-done@example.com")
            raise ConnectionError("nobody there")
        self.got.append(message)


@pytest.fixture
def handler(monkeypatch: pytest.MonkeyPatch) -> Handler:
    handler = Handler()
    monkeypatch.setitem(outbox._handlers, "test.kind", handler)
    return handler


def add(number: int = 1) -> Outbox:
    return outbox.add(kind="test.kind", payload={"number": number}, now=NOON)


@pytest.mark.django_db
def test_a_message_reaches_its_handler_once(handler: Handler) -> None:
    message = add(7)

    assert outbox.deliver_due(now=NOON) == 1
    assert outbox.deliver_due(now=NOON) == 0

    assert handler.got == [Message(message.pk, "test.kind", {"number": 7})]
    message.refresh_from_db()
    assert (message.sent_at, message.attempts) == (NOON, 1)


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_change_asks_for_nothing(handler: Handler) -> None:
    with transaction.atomic():
        add()
        transaction.set_rollback(True)

    assert outbox.deliver_due(now=NOON) == 0
    assert not Outbox.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_commit_delivers_by_itself(handler: Handler, settings: Settings) -> None:
    settings.AFTER_COMMIT_THREADS = True

    with transaction.atomic():
        message = add()
        assert not handler.called.wait(timeout=0.3)

    assert handler.called.wait(timeout=5)
    with ThreadPoolExecutor(1) as pool:  # the thread commits just after; a reader waits for it
        pool.submit(_wait_for_lock, message.pk).result(timeout=5)
    message.refresh_from_db()
    assert message.sent_at is not None


def _wait_for_lock(pk: int) -> None:
    with transaction.atomic():
        Outbox.objects.select_for_update().get(pk=pk)
    connections.close_all()


@pytest.mark.django_db
def test_a_failed_message_waits_longer_each_time(handler: Handler) -> None:
    handler.failures = 3
    message = add()
    waits = []
    now = NOON
    for _ in range(3):
        assert outbox.deliver_due(now=now) == 0
        message.refresh_from_db()
        waits.append((message.not_before - now).total_seconds())
        assert outbox.deliver_due(now=message.not_before - timedelta(milliseconds=1)) == 0
        now = message.not_before

    # 2, 4 and 8 s, a tenth more or less.
    assert [round(wait / 2**n) for n, wait in enumerate(waits)] == [2, 2, 2]
    assert message.last_error == "ConnectionError: nobody there"
    assert message.attempts == 3
    assert outbox.deliver_due(now=now) == 1


@pytest.mark.django_db
def test_the_wait_has_a_limit(handler: Handler) -> None:
    handler.failures = 1
    message = add()
    Outbox.objects.update(attempts=30_000)

    outbox.deliver_due(now=NOON)

    message.refresh_from_db()
    assert message.not_before - NOON <= timedelta(minutes=16.5)


@pytest.mark.django_db
def test_what_a_failed_handler_wrote_is_undone_and_others_get_their_turn(handler: Handler) -> None:
    handler.failures = 1
    add(1)
    second = add(2)

    assert outbox.deliver_due(now=NOON) == 1

    assert [message.id for message in handler.got] == [second.pk]
    assert not User.objects.exists()


@pytest.mark.django_db
def test_a_kind_that_nobody_handles_is_kept() -> None:
    message = outbox.add(kind="test.other", payload={}, now=NOON)

    assert outbox.deliver_due(now=NOON) == 0

    message.refresh_from_db()
    assert message.sent_at is None
    assert "test.other" in message.last_error


@pytest.mark.django_db(transaction=True)
def test_processes_that_deliver_together_hand_over_each_message_once(handler: Handler) -> None:
    for number in range(40):
        add(number)
    start = threading.Barrier(4)

    def deliver(_: int) -> int:
        try:
            start.wait(timeout=10)
            return outbox.deliver_due(now=NOON)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(deliver, range(4)))

    assert sum(done) == 40
    assert sorted(message.payload["number"] for message in handler.got) == list(range(40))


@pytest.mark.django_db
def test_done_messages_leave_after_a_week(handler: Handler) -> None:
    add()
    waiting = add()
    outbox.deliver_due(now=NOON)
    Outbox.objects.filter(pk=waiting.pk).update(sent_at=None)

    assert outbox.purge(now=NOON + timedelta(days=7)) == 0
    assert outbox.purge(now=NOON + timedelta(days=7, seconds=1)) == 1
    assert Outbox.objects.get() == waiting


@pytest.fixture
def broker(monkeypatch: pytest.MonkeyPatch) -> Iterator[CacheServer]:
    """A queue server of the test's own, not yet running, that jobs are sent to."""
    folder = Path(tempfile.mkdtemp(prefix="techmart-queue-", dir="/tmp"))
    server = CacheServer(folder)
    app = Celery(
        "test", broker=server.url.replace("unix://", "redis+socket://"), set_as_current=False
    )
    app.conf.broker_transport_options = settings.CELERY_BROKER_TRANSPORT_OPTIONS
    monkeypatch.setattr(outbox, "current_app", app)
    yield server
    app.close()
    server.stop()
    shutil.rmtree(folder)


@pytest.mark.django_db
def test_a_task_is_sent_once_the_broker_is_back(broker: CacheServer) -> None:
    message = outbox.add_task("alerts.sweep_alerts", queue="alerts", now=NOON)
    assert outbox.deliver_due(now=NOON) == 0
    message.refresh_from_db()
    assert message.sent_at is None

    broker.start()
    assert outbox.deliver_due(now=message.not_before) == 1

    with Redis.from_url(broker.url) as redis:
        assert redis.llen("alerts") == 1


@pytest.mark.django_db
def test_a_broker_that_stops_between_two_messages_loses_neither(broker: CacheServer) -> None:
    broker.start()
    outbox.add_task("alerts.sweep_alerts", queue="alerts", now=NOON)
    assert outbox.deliver_due(now=NOON) == 1
    broker.stop()
    second = outbox.add_task("alerts.trim_events", queue="alerts", now=NOON)
    assert outbox.deliver_due(now=NOON) == 0

    broker.start()  # without what it held: it keeps nothing on disk
    second.refresh_from_db()
    assert outbox.deliver_due(now=second.not_before) == 1

    with Redis.from_url(broker.url) as redis:
        assert redis.llen("alerts") == 1
