import multiprocessing
import time
import uuid
from collections import Counter
from concurrent.futures import ProcessPoolExecutor

from techmart.lib.cache.backend import ResilientCache
from techmart.lib.cache.engine import CacheEngine
from tests.techmart.lib.cache.conftest import PATIENT
from tests.techmart.lib.cache.readers import COUNTER, ENTRY, Crowd, read_together
from tests.techmart.lib.cache.server import CacheServer

READERS = 500
PROCESSES = 2


def outcomes_of(url: str, prefix: str, *, ahead_seconds: float) -> Counter[tuple[str, str]]:
    """Return how many of 500 readers in two processes got which value, and how."""
    crowd = Crowd(
        url,
        prefix,
        readers=READERS // PROCESSES,
        # Both processes have started their threads by then; the barrier holds late ones back.
        starts_at=time.time() + 4,
        ahead_seconds=ahead_seconds,
    )
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(PROCESSES, mp_context=spawn) as pool:
        crowds = pool.map(read_together, [crowd] * PROCESSES)
        return Counter(reader for readers in crowds for reader in readers)


def test_500_readers_of_an_expired_key_cause_one_computation(server: CacheServer) -> None:
    prefix = uuid.uuid4().hex
    backend = ResilientCache(server.url, {"KEY_PREFIX": prefix, "OPTIONS": PATIENT})
    CacheEngine(backend).get_or_compute(ENTRY, {}, lambda: "old")

    # 310 s from now the value of 300 s has expired, and is kept for another minute.
    outcomes = outcomes_of(server.url, prefix, ahead_seconds=310)

    assert backend.redis.get(backend.make_key(COUNTER)) == b"1"
    assert outcomes[("computation 1", "miss")] == 1
    assert outcomes[("old", "stale")] > 0
    assert {value for value, _ in outcomes} == {"old", "computation 1"}
    assert outcomes.total() == READERS


def test_500_readers_of_an_unknown_key_cause_one_computation(server: CacheServer) -> None:
    prefix = uuid.uuid4().hex
    backend = ResilientCache(server.url, {"KEY_PREFIX": prefix, "OPTIONS": PATIENT})

    outcomes = outcomes_of(server.url, prefix, ahead_seconds=0)

    assert backend.redis.get(backend.make_key(COUNTER)) == b"1"
    assert outcomes[("computation 1", "miss")] == 1
    assert outcomes[("computation 1", "wait")] > 0
    assert {value for value, _ in outcomes} == {"computation 1"}
    assert outcomes.total() == READERS
