"""Many readers of one value: early refresh, and what the others get meanwhile."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import CacheEngine
from techmart.lib.cache.entry import CacheEntry, Tag
from techmart.lib.cache.generations import Generations
from techmart.lib.cache.metrics import Outcome
from techmart.lib.cache.singleflight import FlightLock
from tests.techmart.lib.cache.conftest import Clock
from tests.techmart.lib.cache.sources import OVERVIEW, PREDICTION, Computing, Source, slow


@pytest.fixture
def certain(backend: ResilientCache, clock: Clock) -> CacheEngine:
    """An engine whose die shows the smallest draw: delta * 36.7 before the end is early."""
    return CacheEngine(backend, clock=clock, draw=lambda: 1.0 - 2**-53)


def test_value_about_to_expire_is_refreshed_by_one_reader(
    engine: CacheEngine, certain: CacheEngine, clock: Clock, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, slow(source))

    # 0.02 s * 36.7 = 0.73 s before the end of 300 s, or a little more on a busy machine.
    clock.now += 299.5
    early = certain.get_or_compute(OVERVIEW, {}, source)

    assert (early.value, early.outcome) == (2, Outcome.EARLY)
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


def test_batch_refreshes_early_too(
    engine: CacheEngine, certain: CacheEngine, clock: Clock, source: Source
) -> None:
    asked = [{"product_id": 1}]
    compute = slow(source)
    engine.get_many(PREDICTION, asked, lambda missing: [compute() for _ in missing])

    clock.now += 299.5

    batch = certain.get_many(PREDICTION, asked, lambda missing: [source() for _ in missing])
    assert [cached.value for cached in batch] == [2]


def test_value_far_from_its_end_is_not(
    engine: CacheEngine, certain: CacheEngine, clock: Clock, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    clock.now += 100
    assert certain.get_or_compute(OVERVIEW, {}, source).outcome is Outcome.HIT


def test_early_refresh_of_another_reader_is_not_waited_for(
    engine: CacheEngine, certain: CacheEngine, backend: ResilientCache, clock: Clock, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, slow(source))
    stamp = engine.generations.current(OVERVIEW.tags)
    FlightLock.of(backend.make_key("dashboard:overview:24h"), stamp, seconds=10).take(backend.redis)

    clock.now += 299.5

    assert certain.get_or_compute(OVERVIEW, {}, source).outcome is Outcome.HIT
    assert source.asked == 1


def test_reader_of_an_expired_value_gets_it(
    engine: CacheEngine, clock: Clock, source: Source, computing: Callable[[], Computing]
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    clock.now += 301
    computing()

    cached = engine.get_or_compute(OVERVIEW, {}, source)

    assert (cached.value, cached.outcome, source.asked) == (1, Outcome.STALE, 1)


def test_reader_of_a_value_that_lacks_a_fresh_change_gets_it(
    engine: CacheEngine, source: Source, computing: Callable[[], Computing]
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    engine.generations.bump([Tag.SALES])
    computing()

    assert engine.get_or_compute(OVERVIEW, {}, source).outcome is Outcome.STALE


def test_reader_of_a_value_that_lacks_an_older_change_waits(
    engine: CacheEngine,
    backend: ResilientCache,
    source: Source,
    computing: Callable[[], Computing],
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    engine.generations.bump([Tag.SALES])
    # Date the bump back: more than a second ago.
    key = engine.generations.keys([Tag.SALES])[0]
    generation = backend.redis.get(key)
    assert isinstance(generation, bytes)
    changed_at, before = generation.decode().split(":")
    backend.redis.set(key, f"{int(changed_at) - 1_000_001}:{before}")
    other = computing()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(engine.get_or_compute, OVERVIEW, {}, source)
        theirs = other.finish()

    assert (waiting.result().value, source.asked) == (theirs.value, 1)


def test_reader_of_a_value_that_lacks_two_changes_waits(
    backend: ResilientCache,
    prompt: Generations,
    clock: Clock,
    source: Source,
    computing: Callable[[], Computing],
    engine: CacheEngine,
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    for _ in range(2):
        before = prompt.current([Tag.SALES])
        prompt.bump([Tag.SALES])
        while prompt.current([Tag.SALES]) == before:
            pass
    other = computing()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(engine.get_or_compute, OVERVIEW, {}, source)
        theirs = other.finish()

    assert (waiting.result().value, source.asked) == (theirs.value, 1)


def test_reader_after_a_change_does_not_wait_for_a_computation_before_it(
    engine: CacheEngine, source: Source, computing: Callable[[CacheEntry], Computing]
) -> None:
    # Longer than the other computation lasts unless it is told to end.
    patient = replace(OVERVIEW, lock_seconds=60, wait_seconds=60)
    other = computing(patient)
    engine.generations.bump([Tag.SALES])

    assert engine.get_or_compute(patient, {}, source).outcome is Outcome.MISS
    assert other.finish().value == "theirs"
    # What they computed before the change is stored last, and is not taken for current.
    assert engine.get_or_compute(patient, {}, source).value == 2


def test_reader_with_nothing_to_show_takes_over_from_one_that_failed(
    engine: CacheEngine, source: Source
) -> None:
    begun, end = threading.Event(), threading.Event()

    def fail() -> int:
        begun.set()
        end.wait(10)
        raise ZeroDivisionError

    with ThreadPoolExecutor(2) as pool:
        failing = pool.submit(engine.get_or_compute, OVERVIEW, {}, fail)
        assert begun.wait(10)
        waiting = pool.submit(engine.get_or_compute, OVERVIEW, {}, source)
        end.set()

    assert isinstance(failing.exception(), ZeroDivisionError)
    assert (waiting.result().value, waiting.result().outcome) == (1, Outcome.MISS)


def test_reader_waits_no_longer_than_the_entry_says(
    engine: CacheEngine, source: Source, computing: Callable[[CacheEntry], Computing]
) -> None:
    impatient = replace(OVERVIEW, wait_seconds=0.05)
    computing(impatient)

    assert engine.get_or_compute(impatient, {}, source).outcome is Outcome.MISS


def test_lock_of_a_reader_that_died_expires(
    engine: CacheEngine, backend: ResilientCache, source: Source
) -> None:
    stamp = engine.generations.current(OVERVIEW.tags)
    key = backend.make_key("dashboard:overview:24h")
    FlightLock.of(key, stamp, seconds=0.1).take(backend.redis)

    assert engine.get_or_compute(OVERVIEW, {}, source).outcome is Outcome.MISS
    assert engine.get_or_compute(OVERVIEW, {}, source).hit


def test_lock_is_given_back_by_its_holder_alone(backend: ResilientCache) -> None:
    mine = FlightLock.of("value", (b"1:0",), seconds=10)
    theirs = FlightLock.of("value", (b"1:0",), seconds=10)
    mine.take(backend.redis)

    theirs.release(backend.redis)
    assert not theirs.take(backend.redis)
    mine.release(backend.redis)
    assert theirs.take(backend.redis)
