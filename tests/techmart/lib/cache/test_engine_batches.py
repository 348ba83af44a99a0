"""Many values in one call."""

from collections.abc import Callable, Sequence

import pytest

from techmart.lib.cache.engine import Cached, CacheEngine, Wanted
from techmart.lib.cache.entry import Params, Tag
from tests.techmart.lib.cache.sources import OVERVIEW, PREDICTION, Source


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
