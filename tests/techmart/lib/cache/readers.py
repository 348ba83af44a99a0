"""Readers in a process of their own, for the test of single flight."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import CacheEngine
from techmart.lib.cache.entry import CacheEntry, Tag
from tests.techmart.lib.cache.conftest import PATIENT

ENTRY = CacheEntry("analytics:hourly_sales", ttl=300, tags=(Tag.SALES,), wait_seconds=30)
COUNTER = "computations"


@dataclass(frozen=True)
class Crowd:
    """How many readers one process has, and where and when they read.

    starts_at: seconds since 1970. ahead_seconds: how far their clock is ahead of the true one.
    """

    url: str
    prefix: str
    readers: int
    starts_at: float
    ahead_seconds: float = 0.0


def read_together(crowd: Crowd) -> list[tuple[str, str]]:
    """Let all read the same value at the same moment; return what each got, and how."""
    backend = ResilientCache(crowd.url, {"KEY_PREFIX": crowd.prefix, "OPTIONS": PATIENT})
    engine = CacheEngine(backend, clock=lambda: time.time() + crowd.ahead_seconds)
    all_there = threading.Barrier(crowd.readers)
    compute = slow_computation(backend)

    def read() -> tuple[str, str]:
        backend.redis.ping()  # connected before the start
        all_there.wait(60)
        time.sleep(max(0.0, crowd.starts_at - time.time()))
        cached = engine.get_or_compute(ENTRY, {}, compute)
        return cached.value, cached.outcome.value

    with ThreadPoolExecutor(crowd.readers) as pool:
        return [future.result() for future in [pool.submit(read) for _ in range(crowd.readers)]]


def slow_computation(backend: ResilientCache) -> Callable[[], str]:
    """Return a computation of 0.5 s that leaves a trace on the server."""

    def compute() -> str:
        number = backend.redis.incr(backend.make_key(COUNTER))
        time.sleep(0.5)
        return f"computation {number}"

    return compute
