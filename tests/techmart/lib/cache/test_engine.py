import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from prometheus_client import REGISTRY

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import Cached, CacheEngine, Wanted
from techmart.lib.cache.entry import CacheEntry, Params, Tag
from techmart.lib.cache.generations import Generations
from techmart.lib.cache.metrics import Outcome
from techmart.lib.cache.provenance import UncoveredTags
from techmart.lib.cache.singleflight import FlightLock
from tests.techmart.lib.cache.conftest import Clock

OVERVIEW = CacheEntry("dashboard:overview:24h", ttl=300, tags=(Tag.DASHBOARD, Tag.SALES))
PREDICTION = CacheEntry("predictions:{product_id}", ttl=300, tags=(Tag.PREDICTIONS,))


class Source:
    """Counts how often it is asked, and answers with the count."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self) -> int:
        self.asked += 1
        return self.asked


@pytest.fixture
def source() -> Source:
    return Source()


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


@pytest.fixture
def computing(engine: CacheEngine) -> Iterator[Callable[[], Computing]]:
    running: list[Computing] = []

    def begin(entry: CacheEntry = OVERVIEW) -> Computing:
        running.append(Computing(engine, entry))
        return running[-1]

    yield begin
    for computation in running:
        computation.close()


def test_value_is_computed_once_and_then_read(
    engine: CacheEngine, clock: Clock, source: Source
) -> None:
    first = engine.get_or_compute(OVERVIEW, {}, source)
    clock.now += 10
    second = engine.get_or_compute(OVERVIEW, {}, source)

    assert first == Cached(1, datetime(2025, 1, 1, tzinfo=UTC), Outcome.MISS)
    assert second == Cached(1, datetime(2025, 1, 1, tzinfo=UTC), Outcome.HIT)
    assert not first.hit
    assert second.hit


def test_nothing_is_a_value_too(engine: CacheEngine) -> None:
    engine.get_or_compute(OVERVIEW, {}, lambda: None)

    assert engine.get_or_compute(OVERVIEW, {}, lambda: None).hit


def test_hit_is_one_round_trip(
    engine: CacheEngine, source: Source, commands: Callable[[], dict[str, int]]
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    commands()

    engine.get_or_compute(OVERVIEW, {}, source)

    assert commands() == {"mget": 1}


def test_value_lies_under_the_key_of_the_table(
    engine: CacheEngine, backend: ResilientCache, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    assert backend.has_key("dashboard:overview:24h")


def test_params_tell_values_apart(engine: CacheEngine, source: Source) -> None:
    assert engine.get_or_compute(PREDICTION, {"product_id": 1}, source).value == 1
    assert engine.get_or_compute(PREDICTION, {"product_id": 2}, source).value == 2
    assert engine.get_or_compute(PREDICTION, {"product_id": 1}, source).value == 1


def test_expired_value_is_computed_anew(engine: CacheEngine, clock: Clock, source: Source) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    clock.now += 299
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 1
    clock.now += 1
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


def test_values_stored_together_expire_apart(
    backend: ResilientCache, clock: Clock, source: Source
) -> None:
    hasty = CacheEngine(backend, clock=clock, draw=lambda: 0.9)
    hasty.get_or_compute(OVERVIEW, {}, source)

    # 300 s less 9 %: at 273 s. The die that shows 0.9 also asks for an early refresh, 2.3 times
    # the microseconds of the computation before the end: not here.
    clock.now += 272
    assert hasty.get_or_compute(OVERVIEW, {}, source).value == 1
    clock.now += 1
    assert hasty.get_or_compute(OVERVIEW, {}, source).value == 2


def test_server_keeps_an_expired_value_for_a_minute(
    engine: CacheEngine, backend: ResilientCache, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    left_ms = backend.redis.pttl(backend.make_key("dashboard:overview:24h"))

    assert 350_000 < left_ms <= 360_000


@pytest.mark.parametrize("tag", [Tag.DASHBOARD, Tag.SALES])
def test_bump_of_any_tag_invalidates(engine: CacheEngine, source: Source, tag: Tag) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    engine.generations.bump([tag])

    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


def test_bump_of_another_tag_does_not(engine: CacheEngine, source: Source) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    engine.generations.bump([Tag.STOCK])

    assert engine.get_or_compute(OVERVIEW, {}, source).hit


def test_change_while_computing_is_not_lost(engine: CacheEngine, source: Source) -> None:
    def compute() -> int:
        engine.generations.bump([Tag.SALES])
        return source()

    engine.get_or_compute(OVERVIEW, {}, compute)

    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


def test_refresh_computes_though_there_is_a_current_value(
    engine: CacheEngine, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    assert engine.get_or_compute(OVERVIEW, {}, source, refresh=True).value == 2
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


def test_failed_computation_is_the_callers_and_leaves_no_lock(
    engine: CacheEngine, backend: ResilientCache, source: Source
) -> None:
    with pytest.raises(ZeroDivisionError):
        engine.get_or_compute(OVERVIEW, {}, lambda: 1 // 0)

    assert list(backend.iter_keys("*:lock:*")) == []
    assert engine.get_or_compute(OVERVIEW, {}, source).outcome is Outcome.MISS


def test_value_of_another_version_is_not_read(engine: CacheEngine, source: Source) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    assert engine.get_or_compute(replace(OVERVIEW, version=2), {}, source).value == 2


def test_value_of_an_entry_with_other_tags_is_not_read(engine: CacheEngine, source: Source) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)

    fewer = replace(OVERVIEW, tags=(Tag.SALES,))

    assert engine.get_or_compute(fewer, {}, source).value == 2


def test_what_cannot_be_read_is_computed(
    engine: CacheEngine, backend: ResilientCache, source: Source
) -> None:
    engine.get_or_compute(OVERVIEW, {}, source)
    backend.redis.set(backend.make_key("dashboard:overview:24h"), b"cgone.module\nClass\n.")

    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2
    assert engine.get_or_compute(OVERVIEW, {}, source).value == 2


# Early refresh


def slow(source: Source) -> Callable[[], int]:
    """Return a computation of 20 ms."""
    return lambda: threading.Event().wait(0.02) or source()


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


# While another reader computes


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


# Values made of values


def test_value_made_of_an_outdated_one_is_not_stored(
    engine: CacheEngine, clock: Clock, source: Source, computing: Callable[[], Computing]
) -> None:
    whole = CacheEntry("page", ttl=300, tags=OVERVIEW.tags)
    part = source
    engine.get_or_compute(OVERVIEW, {}, part)
    clock.now += 301
    other = computing()

    def page() -> str:
        return f"page of {engine.get_or_compute(OVERVIEW, {}, part).value}"

    assert engine.get_or_compute(whole, {}, page).value == "page of 1"
    other.finish()
    assert engine.get_or_compute(whole, {}, page).value == "page of theirs"


def test_value_must_carry_the_tags_of_what_it_is_made_of(
    engine: CacheEngine, source: Source
) -> None:
    whole = CacheEntry("page", ttl=300, tags=(Tag.DASHBOARD,))

    with pytest.raises(UncoveredTags, match="page uses cached values tagged sales"):
        engine.get_or_compute(whole, {}, lambda: engine.get_or_compute(OVERVIEW, {}, source))


# Many at once


def test_several_values_are_one_round_trip(
    engine: CacheEngine, source: Source, commands: Callable[[], dict[str, int]]
) -> None:
    wanted = [Wanted(OVERVIEW, {}, source), Wanted(PREDICTION, {"product_id": 1}, source)]
    engine.get_each(wanted)
    commands()

    again = engine.get_each(wanted)

    assert [cached.value for cached in again] == [1, 2]
    assert commands() == {"mget": 1}


def test_batch_computes_what_is_missing_in_one_call(engine: CacheEngine) -> None:
    calls: list[list[str | int]] = []

    def compute_many(asked: Sequence[Params]) -> list[str]:
        calls.append([params["product_id"] for params in asked])
        return [f"p{params['product_id']}" for params in asked]

    engine.get_many(PREDICTION, [{"product_id": 2}], compute_many)
    batch = engine.get_many(PREDICTION, [{"product_id": n} for n in (1, 2, 3)], compute_many)

    assert calls == [[2], [1, 3]]
    assert [(cached.value, cached.hit) for cached in batch] == [
        ("p1", False),
        ("p2", True),
        ("p3", False),
    ]
    assert engine.get_or_compute(PREDICTION, {"product_id": 3}, lambda: "").value == "p3"


def test_batch_is_invalidated_like_single_values(engine: CacheEngine, source: Source) -> None:
    def compute_many(asked: Sequence[Params]) -> list[int]:
        return [source() for _ in asked]

    engine.get_many(PREDICTION, [{"product_id": 1}], compute_many)
    engine.generations.bump([Tag.PREDICTIONS])

    assert engine.get_many(PREDICTION, [{"product_id": 1}], compute_many)[0].value == 2


def test_batch_of_hits_is_one_round_trip(
    engine: CacheEngine, commands: Callable[[], dict[str, int]]
) -> None:
    asked = [{"product_id": number} for number in range(50)]
    engine.get_many(PREDICTION, asked, lambda missing: list(missing))
    commands()

    again: list[Cached[Params]] = engine.get_many(PREDICTION, asked, lambda missing: [])
    assert all(cached.hit for cached in again)
    assert commands() == {"mget": 1}


def test_batch_of_nothing_asks_nobody(
    engine: CacheEngine, commands: Callable[[], dict[str, int]]
) -> None:
    commands()

    assert engine.get_many(PREDICTION, [], lambda asked: [1 for _ in asked]) == []
    assert commands() == {}


def test_batch_that_answers_too_little_is_refused(engine: CacheEngine) -> None:
    with pytest.raises(ValueError, match="shorter"):
        engine.get_many(PREDICTION, [{"product_id": 1}], lambda asked: [])


def test_outcomes_are_counted(engine: CacheEngine, source: Source) -> None:
    entry = CacheEntry("counted", ttl=300, tags=(Tag.SALES,))

    for _ in range(3):
        engine.get_or_compute(entry, {}, source)

    def count(outcome: Outcome) -> float | None:
        return REGISTRY.get_sample_value(
            "techmart_cache_requests_total", {"entry": entry.name, "outcome": outcome.value}
        )

    assert (count(Outcome.MISS), count(Outcome.HIT)) == (1, 2)
