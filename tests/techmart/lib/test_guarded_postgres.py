"""While the database is away one request waits for it, and the others are told at once."""

from typing import Any

import pytest
from django.db import connection
from django.db.backends.postgresql import base
from psycopg import OperationalError

from techmart.lib.cache.breaker import CircuitBreaker
from techmart.lib.guarded_postgres import base as guarded


class Server:
    """Django's own backend, asked instead of a real one."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = True

    def connect(self, _wrapper: Any, _parameters: Any) -> str:
        self.asked += 1
        if self.away:
            raise OperationalError("connection refused")
        return "connection"


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    server = Server()
    monkeypatch.setattr(
        base.DatabaseWrapper,
        "get_new_connection",
        lambda wrapper, parameters: server.connect(wrapper, parameters),
    )
    return server


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    breaker = CircuitBreaker("database", pause_seconds=guarded.PAUSE_SECONDS, clock=clock)
    monkeypatch.setattr(guarded, "breaker_of", lambda alias: breaker)
    return clock


def wrapper(*, pool: bool) -> guarded.DatabaseWrapper:
    options = {"pool": {"timeout": 2}} if pool else {}
    return guarded.DatabaseWrapper({**connection.settings_dict, "OPTIONS": options}, "default")


def test_a_pool_is_left_alone_after_a_failure(server: Server, clock: Clock) -> None:
    pooled = wrapper(pool=True)

    with pytest.raises(OperationalError, match="refused"):
        pooled.get_new_connection({})
    with pytest.raises(OperationalError, match="a moment ago"):
        pooled.get_new_connection({})

    assert server.asked == 1


def test_it_is_asked_again_after_the_pause(server: Server, clock: Clock) -> None:
    pooled = wrapper(pool=True)
    with pytest.raises(OperationalError):
        pooled.get_new_connection({})
    server.away = False

    clock.now = guarded.PAUSE_SECONDS

    assert pooled.get_new_connection({}) == "connection"
    assert pooled.get_new_connection({}) == "connection"


def test_without_a_pool_every_connection_is_tried(server: Server, clock: Clock) -> None:
    plain = wrapper(pool=False)

    for _ in range(2):
        with pytest.raises(OperationalError, match="refused"):
            plain.get_new_connection({})

    assert server.asked == 2
