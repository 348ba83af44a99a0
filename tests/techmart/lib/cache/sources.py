"""What the engine is asked for in its tests, and another reader who is at it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from techmart.lib.cache.engine import Cached, CacheEngine
from techmart.lib.cache.entry import CacheEntry, Tag

OVERVIEW = CacheEntry("dashboard:overview:24h", ttl=300, tags=(Tag.DASHBOARD, Tag.SALES))
PREDICTION = CacheEntry("predictions:{product_id}", ttl=300, tags=(Tag.PREDICTIONS,))


class Source:
    """Counts how often it is asked, and answers with the count."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.asked


class Computing:
    """Another reader's computation, going on until it is told to end."""

    def __init__(self, engine: CacheEngine, entry: CacheEntry) -> None:
        self._begun = threading.Event()
        self._end = threading.Event()
        self._pool = ThreadPoolExecutor(1)
        self._reader = self._pool.submit(engine.get_or_compute, entry, {}, self._compute)
        assert self._begun.wait(10)

    def _compute(self) -> str:
        self._begun.set()
        assert self._end.wait(10)
        return "theirs"

    def finish(self) -> Cached[Any]:
        self._end.set()
        return self._reader.result(10)

    def close(self) -> None:
        self._end.set()
        self._pool.shutdown()


def slow(source: Source) -> Callable[[], int]:
    """Return a computation of 20 ms."""
    return lambda: threading.Event().wait(0.02) or source()
