"""The cache server is stopped, frozen and started again under the house's feet."""

import uuid
from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.cached_db import SessionStore
from pytest_django import Settings
from redis.exceptions import RedisError
from rest_framework.throttling import SimpleRateThrottle

from techmart.lib.cache import Tag, bump, cache_available, data_version, get_or_compute, ping_cache
from techmart.lib.cache.backend import ResilientCache, default_backend
from techmart.lib.cache.breaker import PAUSE_SECONDS, CircuitBreaker
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.cache.metrics import FAILURES, Outcome
from tests.techmart.lib.cache.conftest import Clock
from tests.techmart.lib.cache.server import CacheServer

SALES = CacheEntry("sales", ttl=300, tags=(Tag.SALES,))


@pytest.fixture
def cache(
    lone_server: CacheServer, settings: Settings, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ResilientCache]:
    """Django's default cache as in production, but for the clock of its pauses."""
    settings.CACHES = {
        "default": {
            "BACKEND": "techmart.lib.cache.backend.ResilientCache",
            "LOCATION": lone_server.url,
            "KEY_PREFIX": uuid.uuid4().hex,
            # Longer than in production: a busy machine must not pass for an outage.
            "OPTIONS": {"SOCKET_TIMEOUT": 0.6, "SOCKET_CONNECT_TIMEOUT": 0.6},
        }
    }
    backend = default_backend()
    breaker = CircuitBreaker("cache server", clock=clock)
    monkeypatch.setattr(backend, "breaker", breaker)
    yield backend
    backend.client.do_close_clients()


def be_unreachable(cache: ResilientCache, server: CacheServer) -> None:
    """Begin an outage in which the server keeps all it holds, and a pause without any call."""
    server.freeze()
    cache.get("anything")
    assert not cache_available()


def read(value: str) -> tuple[str, Outcome]:
    cached = get_or_compute(SALES, {}, lambda: value)
    return cached.value, cached.outcome


def test_values_are_computed_while_the_server_is_away_and_cached_when_it_is_back(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    assert read("first") == ("first", Outcome.MISS)

    lone_server.stop()
    assert read("second") == ("second", Outcome.BYPASS)
    assert not cache_available()

    lone_server.start()
    assert read("third") == ("third", Outcome.BYPASS)  # still in the pause
    clock.now += PAUSE_SECONDS
    assert read("fourth") == ("fourth", Outcome.MISS)
    assert cache_available()
    assert read("fifth") == ("fourth", Outcome.HIT)


def test_server_that_does_not_answer_is_asked_once_a_pause(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    read("first")
    lone_server.freeze()
    before = FAILURES._value.get()

    for number in range(10):
        assert read(str(number)) == (str(number), Outcome.BYPASS)
    assert FAILURES._value.get() == before + 1

    clock.now += PAUSE_SECONDS
    read("after the pause")
    read("in the next")
    assert FAILURES._value.get() == before + 2


def test_server_has_a_fifth_of_a_second_to_answer(lone_server: CacheServer) -> None:
    pool = ResilientCache(lone_server.url, {}).redis.connection_pool

    assert pool.connection_kwargs["socket_timeout"] == 0.2
    assert pool.connection_kwargs["socket_connect_timeout"] == 0.2
    assert "retry" not in pool.connection_kwargs  # redis-py: a connection then never retries


def test_restart_that_nobody_noticed_costs_no_value(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    read("first")

    lone_server.stop()
    lone_server.start()

    # The pool holds a connection that is dead by now.
    assert read("second") == ("second", Outcome.MISS)
    assert cache_available()


def test_bump_that_could_not_be_sent_is_sent_before_the_next_read(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    read("first")
    be_unreachable(cache, lone_server)
    bump(Tag.SALES)
    lone_server.thaw()

    # The server still holds the value and has not heard of the change.
    clock.now += PAUSE_SECONDS

    assert read("second") == ("second", Outcome.MISS)
    assert not cache.debts


def test_removal_that_could_not_be_sent_is_sent_before_the_next_read(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    cache.set_many({"kept": 1, "removed": 1, "replaced": 1, "also removed": 1, "also replaced": 1})
    be_unreachable(cache, lone_server)
    cache.delete("removed")
    cache.delete_many(["also removed"])
    cache.set("replaced", 2)
    cache.set_many({"also replaced": 2})
    lone_server.thaw()
    clock.now += PAUSE_SECONDS

    names = ["kept", "removed", "replaced", "also removed", "also replaced"]

    assert cache.get_many(names) == {"kept": 1}


def test_server_that_refuses_a_write_is_not_paused(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    read("first")
    cache.redis.config_set("maxmemory-policy", "noeviction")
    cache.redis.config_set("maxmemory", "1")

    assert cache.set("key", "value")
    assert get_or_compute(CacheEntry("other", ttl=9, tags=(Tag.STOCK,)), {}, lambda: 7).value == 7
    assert cache_available()


def test_djangos_cache_acts_as_an_empty_one_that_forgets(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    cache.set_many({"key": 5, "other": 6})
    lone_server.stop()

    assert cache.get("key", "default") == "default"
    assert cache.get_many(["key", "other"]) == {}
    assert "key" not in cache
    assert cache.set("key", 7)
    assert cache.set_many({"key": 7}) == []
    assert cache.add("key", 7)
    assert cache.get_or_set("key", lambda: 8) == 8
    assert cache.incr("key", 2) == 2
    assert cache.decr("key", 2) == -2
    assert not cache.touch("key")
    assert not cache.delete("key")
    assert cache.delete_many(["key"]) == 0


def test_djangos_cache_keeps_its_promises_while_the_server_is_there(cache: ResilientCache) -> None:
    assert cache.add("key", 5)
    assert not cache.add("key", 6)
    assert cache.get("key") == 5
    assert cache.incr("key", 2) == 7
    assert cache.decr("key") == 6
    with pytest.raises(ValueError, match="not found"):
        cache.incr("unknown")
    assert cache.touch("key", 60)
    assert "key" in cache
    assert cache.get_many(["key", "unknown"]) == {"key": 6}
    assert cache.delete("key")
    assert not cache.delete("key")
    cache.set("a", 1)
    assert cache.delete_many(["a", "b"]) == 1


def test_operators_tool_says_that_the_server_is_away(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    lone_server.stop()

    with pytest.raises(RedisError):
        cache.delete_pattern("*")


def test_readiness_asks_the_server(cache: ResilientCache, lone_server: CacheServer) -> None:
    assert ping_cache()

    lone_server.stop()

    assert cache_available()  # nobody has called since
    assert not ping_cache()
    assert not cache_available()


def test_data_has_no_version_while_the_server_is_away(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    assert data_version(Tag.SALES) is not None

    lone_server.stop()

    assert data_version(Tag.SALES) is None


@pytest.mark.django_db
def test_session_outlives_the_server(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    session = SessionStore()
    session["basket"] = 3
    session.save()

    lone_server.stop()
    assert SessionStore(session.session_key)["basket"] == 3
    changed = SessionStore(session.session_key)
    changed["basket"] = 4
    changed.save()

    lone_server.start()
    clock.now += PAUSE_SECONDS
    assert SessionStore(session.session_key)["basket"] == 4


@pytest.mark.django_db
def test_session_that_ended_during_an_outage_stays_ended(
    cache: ResilientCache, lone_server: CacheServer, clock: Clock
) -> None:
    session = SessionStore()
    session["basket"] = 3
    session.save()
    be_unreachable(cache, lone_server)

    SessionStore(session.session_key).flush()

    lone_server.thaw()
    clock.now += PAUSE_SECONDS
    assert SessionStore(session.session_key).get("basket") is None


class OncePerHour(SimpleRateThrottle):
    rate = "1/hour"

    def get_cache_key(self, request: object, view: object) -> str:
        return "caller"


def test_throttle_lets_pass_what_it_cannot_count(
    cache: ResilientCache, lone_server: CacheServer
) -> None:
    throttle = OncePerHour()
    assert throttle.allow_request(None, None)  # type: ignore[arg-type]  # unused by this throttle
    assert not throttle.allow_request(None, None)  # type: ignore[arg-type]

    lone_server.stop()

    assert throttle.allow_request(None, None)  # type: ignore[arg-type]
    assert throttle.allow_request(None, None)  # type: ignore[arg-type]
