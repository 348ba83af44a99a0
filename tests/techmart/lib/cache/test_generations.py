import itertools
import time
from collections.abc import Callable

import pytest

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import CacheEngine
from techmart.lib.cache.entry import CacheEntry, Tag
from techmart.lib.cache.generations import Generations, first_change_missed

SALES = CacheEntry("sales", ttl=300, tags=(Tag.SALES,))


@pytest.fixture
def generations(backend: ResilientCache) -> Generations:
    return Generations(backend)


def moved_on(generations: Generations, before: tuple[bytes | None, ...]) -> float:
    """Return after how many seconds of only looking the sales' generation is another."""
    began = time.monotonic()
    while generations.current([Tag.SALES]) == before:
        assert time.monotonic() - began < 10
    return time.monotonic() - began


def test_generation_stays_until_a_bump(generations: Generations) -> None:
    first = generations.current([Tag.SALES, Tag.STOCK])

    assert generations.current([Tag.SALES, Tag.STOCK]) == first
    assert None not in first


def test_bump_acts_at_once_and_on_its_tag_alone(generations: Generations) -> None:
    sales, stock = generations.current([Tag.SALES, Tag.STOCK])

    generations.bump([Tag.SALES])

    new_sales, new_stock = generations.current([Tag.SALES, Tag.STOCK])
    assert new_sales != sales
    assert new_stock == stock


def test_second_bump_waits_and_then_acts_by_itself(
    backend: ResilientCache, generations: Generations
) -> None:
    generations.bump([Tag.SALES])
    first = generations.current([Tag.SALES])

    generations.bump([Tag.SALES])
    held_ms = backend.redis.pttl(backend.make_key("tag:{sales}") + ":held")
    gate_ms = backend.redis.pttl(backend.make_key("tag:{sales}") + ":gate")

    assert 0 < held_ms <= 1000
    # The next one not before a second after this one takes effect.
    assert 1000 < gate_ms <= 2000
    assert generations.current([Tag.SALES]) == first
    # A second after the first bump at the latest; the margin is for a busy machine.
    assert moved_on(generations, first) < 1.5


def test_burst_of_bumps_moves_on_once_a_second(generations: Generations) -> None:
    generations.bump([Tag.SALES])
    seen = set()
    ends_at = time.monotonic() + 2.5

    while time.monotonic() < ends_at:
        generations.bump([Tag.SALES])
        seen.add(generations.current([Tag.SALES]))

    # In effect since 0, 1 and 2 s.
    assert len(seen) == 3


def test_value_from_before_the_last_change_of_a_burst_does_not_stay(
    backend: ResilientCache,
) -> None:
    engine = CacheEngine(backend)
    source = itertools.count()
    engine.generations.bump([Tag.SALES])
    early = engine.get_or_compute(SALES, {}, lambda: next(source))

    # The change behind this bump came after the value, in the same second.
    engine.generations.bump([Tag.SALES])
    began = time.monotonic()
    while engine.get_or_compute(SALES, {}, lambda: next(source)).value == early.value:
        assert time.monotonic() - began < 10

    assert time.monotonic() - began < 1.5


def test_bumps_during_a_hold_are_one_and_the_next_waits_its_turn(
    backend: ResilientCache, generations: Generations
) -> None:
    generations.bump([Tag.SALES])
    first = generations.current([Tag.SALES])
    generations.bump([Tag.SALES])
    generations.bump([Tag.SALES])
    moved_on(generations, first)
    second = generations.current([Tag.SALES])
    assert not backend.redis.exists(backend.make_key("tag:{sales}") + ":held")

    generations.bump([Tag.SALES])

    assert generations.current([Tag.SALES]) == second
    assert backend.redis.exists(backend.make_key("tag:{sales}") + ":held")


def test_bump_costs_one_script_a_tag_whatever_is_cached(
    backend: ResilientCache,
    engine: CacheEngine,
    generations: Generations,
    commands: Callable[[], dict[str, int]],
) -> None:
    entry = CacheEntry("predictions:{product_id}", ttl=300, tags=(Tag.PREDICTIONS,))
    engine.get_many(entry, [{"product_id": n} for n in range(500)], lambda asked: list(asked))
    commands()

    generations.bump([Tag.PREDICTIONS, Tag.STOCK, Tag.STOCK])

    ran = commands()
    assert ran["eval"] == 2
    assert not {"scan", "keys", "del", "unlink"} & ran.keys()


def test_generation_lost_to_eviction_is_never_used_again(
    backend: ResilientCache, engine: CacheEngine
) -> None:
    engine.get_or_compute(SALES, {}, lambda: "old")
    engine.generations.bump([Tag.SALES])

    backend.redis.delete(*engine.generations.keys([Tag.SALES]))

    assert engine.get_or_compute(SALES, {}, lambda: "new").value == "new"
    assert engine.get_or_compute(SALES, {}, lambda: "newer").value == "new"


def test_generation_after_an_eviction_is_a_new_one(
    backend: ResilientCache, generations: Generations
) -> None:
    seen = set()
    for _ in range(5):
        generations.bump([Tag.SALES])
        assert not backend.debts
        seen.add(generations.current([Tag.SALES]))
        backend.redis.delete(*generations.keys([Tag.SALES]))

    assert len(seen) == 5


def test_tags_keys_share_a_slot_of_a_cluster(generations: Generations) -> None:
    assert all("{sales}" in key for key in generations.keys([Tag.SALES]))


@pytest.mark.parametrize(
    ("stored", "current", "missed"),
    [
        ((b"50:40",), (b"70:50",), 70),
        ((b"50:40", b"9:0"), (b"70:50", b"9:0"), 70),
        ((b"50:40", b"9:0"), (b"70:50", b"60:9"), 60),
        ((b"50:40",), (b"90:70",), None),  # the change at 70 is missed too, its time unknown
        ((b"50:40",), (b"90:0",), None),  # made anew after an eviction
        ((b"50:40",), (None,), None),
        ((b"50:40",), (b"50:40", b"9:0"), None),  # the entry got another tag
    ],
)
def test_first_missed_change_is_told_only_when_known(
    stored: tuple[bytes, ...], current: tuple[bytes, ...], missed: int | None
) -> None:
    assert first_change_missed(stored, current) == missed
