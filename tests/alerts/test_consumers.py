"""The consumer by itself: its heartbeat, and what it does while a server is away."""

import asyncio
import json
from typing import Any

import pytest
from asgiref.testing import ApplicationCommunicator
from channels.layers import channel_layers
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.db import OperationalError

from alerts import consumers
from alerts.consumers import LiveConsumer
from alerts.heads import SharedHeads
from alerts.stream import Head
from techmart.core.models import User

# It carries no types.
Socket: Any = ApplicationCommunicator

HEAD = Head("stock", 4, "5f2b0c62-0000-4000-8000-000000000000")


class Database:
    """Gives one head, counts how often it was read, and can be away."""

    def __init__(self) -> None:
        self.reads = 0
        self.away = False
        self.answers = asyncio.Event()
        self.answers.set()

    async def read(self) -> list[Head]:
        self.reads += 1
        await self.answers.wait()
        if self.away:
            raise OperationalError("gone")
        return [HEAD]


@pytest.fixture
def database(monkeypatch: pytest.MonkeyPatch) -> Database:
    database = Database()
    monkeypatch.setattr(consumers, "_shared", SharedHeads(database.read))
    monkeypatch.setattr(consumers, "HEARTBEAT_SECONDS", 0.05)
    return database


async def open_socket() -> Any:
    """Open a socket as a signed-in person; the handshake is accepted."""
    scope: dict[str, Any] = {
        "type": "websocket",
        "path": "/ws/live/",
        "user": User(pk=1, email="ana@example.com"),
    }
    socket = Socket(LiveConsumer.as_asgi(), scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(timeout=2))["type"] == "websocket.accept"
    return socket


async def close(socket: Any) -> None:
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(timeout=2)


async def next_message(socket: Any) -> dict[str, Any]:
    output = await socket.receive_output(timeout=2)
    message: dict[str, Any] = json.loads(output["text"])
    return message


async def test_a_heartbeat_carries_the_heads_again_and_again(database: Database) -> None:
    socket = await open_socket()

    for _ in range(4):
        assert await next_message(socket) == {
            "topic": "stock",
            "head": 4,
            "epoch": HEAD.epoch,
        }

    await close(socket)


async def test_the_heart_stops_with_the_socket(database: Database) -> None:
    socket = await open_socket()
    await next_message(socket)

    await close(socket)

    reads = database.reads
    await asyncio.sleep(0.15)  # three heartbeats
    assert database.reads == reads


async def test_a_database_that_is_away_is_a_missed_heartbeat_and_no_more(
    database: Database,
) -> None:
    database.away = True
    socket = await open_socket()
    assert await socket.receive_nothing(timeout=0.15)

    database.away = False
    assert (await next_message(socket))["head"] == 4
    await close(socket)


async def test_without_the_queue_server_the_socket_is_closed_to_try_later(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_args: str) -> None:
        raise OSError("no such server")

    layer = channel_layers["default"]
    assert isinstance(layer, RedisPubSubChannelLayer)
    monkeypatch.setattr(layer, "group_add", refuse, raising=False)

    socket = await open_socket()

    assert await socket.receive_output(timeout=2) == {
        "type": "websocket.close",
        "code": 1013,
    }
    await close(socket)


async def test_many_callers_share_a_read_that_began_after_they_asked() -> None:
    database = Database()
    shared = SharedHeads(database.read)

    database.answers.clear()
    first = asyncio.create_task(shared.current())
    await asyncio.sleep(0)  # the first read has begun
    others = [asyncio.create_task(shared.current()) for _ in range(100)]
    await asyncio.sleep(0)  # all have asked
    database.answers.set()
    await asyncio.gather(first, *others)

    assert database.reads == 2
