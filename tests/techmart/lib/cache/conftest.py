"""A cache server for these tests alone, with patience for a busy machine."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import CacheEngine
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.cache.generations import Generations
from tests.techmart.lib.cache.server import CacheServer
from tests.techmart.lib.cache.sources import OVERVIEW, Computing, Source

# A test must not fail because the machine is slow; the outage tests use the real time-out.
PATIENT = {
    "SOCKET_TIMEOUT": 10,
    "SOCKET_CONNECT_TIMEOUT": 10,
    "CONNECTION_POOL_KWARGS": {"max_connections": 1000},
}


class Clock:
    """A clock that a test sets."""

    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="session")
def server() -> Iterator[CacheServer]:
    """A server that runs for the whole session."""
    # Socket paths are short.
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, CacheServer(Path(folder)) as running:
        yield running


@pytest.fixture
def lone_server() -> Iterator[CacheServer]:
    """A server of one test, which may stop it."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder, CacheServer(Path(folder)) as running:
        yield running


@pytest.fixture
def backend(server: CacheServer) -> ResilientCache:
    """An empty cache."""
    return ResilientCache(server.url, {"KEY_PREFIX": uuid.uuid4().hex, "OPTIONS": PATIENT})


@pytest.fixture
def clock() -> Clock:
    """2025-01-01 in Coordinated Universal Time."""
    return Clock(1_735_689_600.0)


@pytest.fixture
def prompt(backend: ResilientCache) -> Generations:
    """Generations that each bump moves on at once, but for one millisecond."""
    return Generations(backend, coalesce_ms=1)


@pytest.fixture
def engine(backend: ResilientCache, clock: Clock) -> CacheEngine:
    """An engine whose dice show 0: no jitter, no early refresh."""
    return CacheEngine(backend, clock=clock, draw=lambda: 0.0)


@pytest.fixture
def default_cache(server: CacheServer, settings: Settings) -> str:
    """Make an empty cache on the tests' server Django's default; gives its key prefix."""
    prefix = uuid.uuid4().hex
    settings.CACHES = {
        "default": {
            "BACKEND": "techmart.lib.cache.backend.ResilientCache",
            "LOCATION": server.url,
            "KEY_PREFIX": prefix,
            "OPTIONS": PATIENT,
        }
    }
    return prefix


@pytest.fixture
def commands(backend: ResilientCache) -> Callable[[], dict[str, int]]:
    """A function: which commands the server ran since its last call, and how often."""

    def since() -> dict[str, int]:
        statistics = backend.redis.info("commandstats")
        backend.redis.config_resetstat()
        counts = {
            name.removeprefix("cmdstat_"): values["calls"] for name, values in statistics.items()
        }
        return {
            name: calls
            for name, calls in counts.items()
            if calls and name not in {"info", "config|resetstat"}
        }

    return since


@pytest.fixture
def source() -> Source:
    """A computation that counts how often it is asked."""
    return Source()


@pytest.fixture
def computing(engine: CacheEngine) -> Iterator[Callable[[], Computing]]:
    """A function that begins another reader's computation, ended with the test at the latest."""
    running: list[Computing] = []

    def begin(entry: CacheEntry = OVERVIEW) -> Computing:
        running.append(Computing(engine, entry))
        return running[-1]

    yield begin
    for computation in running:
        computation.close()
