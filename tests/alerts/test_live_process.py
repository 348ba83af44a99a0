"""The live process for real: who is let in, and what reaches them after a commit."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from redis import Redis
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection

from alerts.announcer import deliver
from alerts.choices import Topic
from alerts.models import EventStream
from alerts.services import publish
from tests.alerts.factories import make_user
from tests.alerts.live_process import LiveProcess, live_process, receive

pytestmark = pytest.mark.django_db(transaction=True)

TOPICS = ["alerts", "dashboard", "stock", "transactions"]
COMMIT_TO_SOCKET_SECONDS = 2.0


@pytest.fixture(scope="module")
def live(django_db_setup: None) -> Iterator[LiveProcess]:
    # A socket's path must stay short.
    folder = Path(tempfile.mkdtemp(prefix="techmart-live-", dir="/tmp"))
    with live_process(folder) as process:
        yield process
    shutil.rmtree(folder)


@pytest.fixture
def session() -> str:
    client = Client()
    client.force_login(make_user(), backend="django.contrib.auth.backends.ModelBackend")
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def first_heads(socket: ClientConnection) -> dict[str, int]:
    heads = [receive(socket) for _ in TOPICS]
    return {message["topic"]: message["head"] for message in heads}


def wait_for(socket: ClientConnection, topic: str, head: int) -> dict[str, Any]:
    """Return the message that says so, passing over heartbeats."""
    while True:
        message = receive(socket)
        if (message["topic"], message["head"]) == (topic, head):
            return message


def test_only_the_pages_own_origin_is_let_in(live: LiveProcess, session: str) -> None:
    for origin in ("http://127.0.0.1:9999", "http://evil.example", "https://127.0.0.1:8000", None):
        with pytest.raises(InvalidStatus) as refused:
            live.connect(session, origin=origin)
        assert refused.value.response.status_code == 403

    with live.connect(session, origin="http://localhost:8000") as socket:
        assert first_heads(socket) == dict.fromkeys(TOPICS, 0)


def test_without_a_session_the_socket_is_closed_as_signed_out(live: LiveProcess) -> None:
    for cookie in ("", "made-up"):
        with live.connect(cookie) as socket, pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4401


def test_an_unknown_path_is_refused(live: LiveProcess, session: str) -> None:
    with pytest.raises(InvalidStatus) as refused:
        live.connect(session, path="/ws/other/")

    assert refused.value.response.status_code == 403


def test_a_message_holds_topic_head_and_epoch_alone(live: LiveProcess, session: str) -> None:
    with live.connect(session) as socket:
        message = receive(socket)

    stream = EventStream.objects.get(topic=message["topic"])
    assert message == {"topic": stream.topic, "head": 0, "epoch": str(stream.epoch)}


def test_what_a_client_says_is_ignored(live: LiveProcess, session: str) -> None:
    with live.connect(session) as socket:
        first_heads(socket)
        socket.send("not even JSON")
        socket.send(b"\x00\x01")
        publish(topic=Topic.STOCK, kind="moved", payload={}, now=timezone.now())
        deliver(now=timezone.now())

        assert wait_for(socket, "stock", 1)


def test_a_commit_reaches_the_socket_by_itself(
    live: LiveProcess, session: str, settings: Settings
) -> None:
    settings.AFTER_COMMIT_THREADS = True
    with live.connect(session) as socket:
        first_heads(socket)

        publish(topic=Topic.DASHBOARD, kind="moved", payload={}, now=timezone.now())
        committed_at = time.monotonic()
        wait_for(socket, "dashboard", 1)

        assert time.monotonic() - committed_at <= COMMIT_TO_SOCKET_SECONDS


def test_two_hundred_sockets_all_hear_of_it_and_leave_nothing_behind(
    live: LiveProcess, session: str
) -> None:
    with ExitStack() as open_sockets, ThreadPoolExecutor(16) as pool:
        sockets = [open_sockets.enter_context(live.connect(session)) for _ in range(200)]
        assert all(heads == dict.fromkeys(TOPICS, 0) for heads in pool.map(first_heads, sockets))
        assert subscriptions() > 0

        publish(topic=Topic.TRANSACTIONS, kind="recorded", payload={}, now=timezone.now())
        deliver(now=timezone.now())
        heard = list(pool.map(lambda socket: wait_for(socket, "transactions", 1), sockets))

    assert len(heard) == 200
    deadline = time.monotonic() + 10
    while subscriptions() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert subscriptions() == 0


def subscriptions() -> int:
    """How many channels the live process listens to on the queue server."""
    layers: dict[str, Any] = settings.CHANNEL_LAYERS
    config = layers["default"]["CONFIG"]
    with Redis.from_url(config["hosts"][0]) as redis:
        return len(redis.pubsub_channels(f"{config['prefix']}*"))
