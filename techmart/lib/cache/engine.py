"""Read a value from the cache, or compute it once for all who ask.

A hit costs one round trip: the value and its tags' generations come in one MGET. A value is
current while it has not expired and no tag has moved on since its computation began. Otherwise
one reader computes, under a lock; the others are given the outdated value where that is honest
(see `_showable`), and else wait for the new one. Without the cache server all compute.
"""

import random
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar, cast

from django.db import transaction
from redis import Redis

from techmart.lib.cache import metrics
from techmart.lib.cache.backend import CacheUnavailable, ResilientCache, default_backend
from techmart.lib.cache.early import early_refresh_due, jittered_ttl
from techmart.lib.cache.entry import CacheEntry, Params, Tag
from techmart.lib.cache.envelope import Envelope, pack, unpack
from techmart.lib.cache.generations import Generations, Replies, Stamp, first_change_missed
from techmart.lib.cache.metrics import Outcome
from techmart.lib.cache.provenance import note_use, tracing
from techmart.lib.cache.singleflight import FlightLock

T = TypeVar("T")

# How long after a change a value that lacks it may still be shown. Bumps take effect within
# the same second, so this is the whole delay and does not add to it.
OUTDATED_US = 1_000_000
# Waiting readers look again after about this long, twice as long each time.
FIRST_POLL_SECONDS = 0.01
LAST_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Cached(Generic[T]):
    """A value and where it came from.

    as_of: when its computation began, aware, UTC: it may lack what changed later.
    """

    value: T
    as_of: datetime
    outcome: Outcome

    @property
    def hit(self) -> bool:
        """True when nothing was computed for this reader."""
        return self.outcome in (Outcome.HIT, Outcome.STALE, Outcome.WAIT)


@dataclass(frozen=True, slots=True)
class Wanted(Generic[T]):
    """One value to read, and how to compute it."""

    entry: CacheEntry
    params: Params
    compute: Callable[[], T]


@dataclass(frozen=True, slots=True)
class _Slot:
    entry: CacheEntry
    key: str


@dataclass(frozen=True, slots=True)
class _Reading:
    """What the server held for a slot, at one moment."""

    envelope: Envelope | None
    stamp: Stamp

    def same_as(self, other: "_Reading") -> bool:
        """Return whether neither value nor tags changed between two readings."""
        if self.envelope is None or other.envelope is None:
            return self.envelope is other.envelope and self.stamp == other.stamp
        # All but the value, which may be of a kind that does not compare.
        return self.envelope[:-1] == other.envelope[:-1] and self.stamp == other.stamp

    def current(self, now: float) -> Envelope | None:
        """Return the value if it has neither expired nor been invalidated."""
        envelope = self.envelope
        if envelope is None or envelope.stamp != self.stamp or None in self.stamp:
            return None
        return envelope if now < envelope.expires_at else None


class CacheEngine:
    """The cache of one server. Holds no state of its own; make one where it is needed."""

    def __init__(
        self,
        backend: ResilientCache,
        *,
        generations: Generations | None = None,
        clock: Callable[[], float] = time.time,
        draw: Callable[[], float] = random.random,
    ) -> None:
        self._backend = backend
        self.generations = generations or Generations(backend)
        self._clock = clock
        self._draw = draw

    def get_or_compute(
        self, entry: CacheEntry, params: Params, compute: Callable[[], T], *, refresh: bool = False
    ) -> Cached[T]:
        """Return the value, computing and storing it when there is no current one.

        refresh: compute and store in any case, as the person who pressed a button expects.
        Raises what compute raises, ValueError for params that are not the key's, and
        UncoveredTags when compute uses cached values with tags that the entry lacks.
        """
        if not refresh:
            return self.get_each([Wanted(entry, params, compute)])[0]
        slot = self._slot(entry, params)
        try:
            stamp = self.generations.current(entry.tags)
        except CacheUnavailable:
            return self._bypass(entry, compute)
        return self._compute_and_store(slot, stamp, compute, Outcome.MISS)

    def get_each(self, wanted: Sequence[Wanted[T]]) -> list[Cached[T]]:
        """Return several values, of any entries: one round trip when all are current."""
        slots = [self._slot(want.entry, want.params) for want in wanted]
        try:
            readings = self._read(slots)
        except CacheUnavailable:
            return [self._bypass(want.entry, want.compute) for want in wanted]
        return [
            self._settle(slot, reading, want.compute)
            for slot, reading, want in zip(slots, readings, wanted, strict=True)
        ]

    def get_many(
        self,
        entry: CacheEntry,
        params_list: Sequence[Params],
        compute_many: Callable[[Sequence[Params]], Sequence[T]],
    ) -> list[Cached[T]]:
        """Return many values of one entry, in order, computing all missing ones in one call.

        compute_many: takes the missing params, returns a value for each in the same order.
        Readers of the same missing values do not wait for each other: few batches are alike.
        """
        slots = [self._slot(entry, params) for params in params_list]
        stamp: Stamp | None
        try:
            readings = self._read(slots)
            stamp = next((reading.stamp for reading in readings), ())
            if None in stamp:
                stamp = self.generations.current(entry.tags)
        except CacheUnavailable:
            readings, stamp = [], None
        now = self._clock()
        results: dict[int, Cached[T]] = {}
        for position, reading in enumerate(readings):
            envelope = reading.current(now)
            if envelope is not None and not self._early(envelope, now):
                results[position] = self._used(entry, envelope, Outcome.HIT)
        missing = [position for position in range(len(slots)) if position not in results]
        if missing:
            asked = [params_list[position] for position in missing]
            envelopes = self._compute_batch(
                entry, [slots[position] for position in missing], stamp, lambda: compute_many(asked)
            )
            outcome = Outcome.BYPASS if stamp is None else Outcome.MISS
            for position, envelope in zip(missing, envelopes, strict=True):
                results[position] = self._used(entry, envelope, outcome)
        return [results[position] for position in range(len(slots))]

    def _compute_batch(
        self,
        entry: CacheEntry,
        slots: Sequence[_Slot],
        stamp: Stamp | None,
        compute: Callable[[], Sequence[Any]],
    ) -> list[Envelope]:
        """Compute the values of these slots in one call, and store them if a stamp is known."""
        whole, fit = self._compute(entry, stamp or (), compute)
        share = whole.compute_seconds / len(slots)
        filled = [
            (slot, whole._replace(value=value, compute_seconds=share))
            for slot, value in zip(slots, whole.value, strict=True)
        ]
        if fit and stamp is not None:
            self._store(filled)
        return [envelope for _, envelope in filled]

    def _slot(self, entry: CacheEntry, params: Params) -> _Slot:
        return _Slot(entry, self._backend.make_key(entry.key(params)))

    def _read(self, slots: Sequence[_Slot]) -> list[_Reading]:
        """Read values and generations in one round trip. Raises CacheUnavailable."""
        if not slots:
            return []
        tags = tuple(dict.fromkeys(tag for slot in slots for tag in slot.entry.tags))
        keys = [slot.key for slot in slots] + self.generations.keys(tags)
        replies = self._backend.ask(lambda redis: cast("Replies", redis.mget(keys)))
        stamp = dict(zip(tags, Generations.effective(replies[len(slots) :]), strict=True))
        return [
            _Reading(
                unpack(data, version=slot.entry.version),
                tuple(stamp[tag] for tag in slot.entry.tags),
            )
            for slot, data in zip(slots, replies, strict=False)
        ]

    def _settle(self, slot: _Slot, reading: _Reading, compute: Callable[[], T]) -> Cached[T]:
        now = self._clock()
        envelope = reading.current(now)
        if envelope is None:
            return self._refill(slot, reading, compute)
        if self._early(envelope, now):
            return self._refresh_early(slot, reading, envelope, compute)
        return self._used(slot.entry, envelope, Outcome.HIT)

    def _early(self, envelope: Envelope, now: float) -> bool:
        return early_refresh_due(
            envelope.expires_at - now,
            compute_seconds=envelope.compute_seconds,
            draw=1.0 - self._draw(),
        )

    def _refresh_early(
        self, slot: _Slot, reading: _Reading, envelope: Envelope, compute: Callable[[], T]
    ) -> Cached[T]:
        """Compute a value that is still current, unless another reader is at it."""
        lock = FlightLock.of(slot.key, reading.stamp, seconds=slot.entry.lock_seconds)
        try:
            taken, latest, _ = self._approach(slot, lock, reading.stamp)
        except CacheUnavailable:
            taken = False
        if not taken:
            return self._used(slot.entry, envelope, Outcome.HIT)
        if latest.same_as(reading):
            return self._compute_and_store(slot, latest.stamp, compute, Outcome.EARLY, lock)
        self._release(lock)
        return self._refill(slot, latest, compute)

    def _refill(self, slot: _Slot, reading: _Reading, compute: Callable[[], T]) -> Cached[T]:
        """Get a value that was not current: by computing it, or from the one who does."""
        give_up_at = time.monotonic() + slot.entry.wait_seconds
        poll_seconds = FIRST_POLL_SECONDS
        outcome = Outcome.HIT
        while True:
            envelope = reading.current(self._clock())
            if envelope is not None:
                return self._used(slot.entry, envelope, outcome)
            if time.monotonic() >= give_up_at:
                return self._compute_and_store(slot, reading.stamp, compute, Outcome.MISS)
            lock = FlightLock.of(slot.key, reading.stamp, seconds=slot.entry.lock_seconds)
            try:
                taken, latest, server_us = self._approach(slot, lock, reading.stamp)
            except CacheUnavailable:
                return self._bypass(slot.entry, compute)
            if taken and latest.same_as(reading):
                return self._compute_and_store(slot, latest.stamp, compute, Outcome.MISS, lock)
            reading = latest
            if taken:
                # Another reader finished, or a tag moved on, between the two looks.
                self._release(lock)
            elif reading.current(self._clock()) is None:
                outdated = _showable(reading, server_us)
                if outdated is not None:
                    return self._used(slot.entry, outdated, Outcome.STALE)
                outcome = Outcome.WAIT
                time.sleep(poll_seconds * (0.5 + self._draw()))
                poll_seconds = min(2 * poll_seconds, LAST_POLL_SECONDS)

    def _approach(self, slot: _Slot, lock: FlightLock, stamp: Stamp) -> tuple[bool, _Reading, int]:
        """Try the lock and look again, in one round trip and in this order.

        Looking after locking: whoever computed before us stored before giving the lock back.
        Returns whether the lock was taken, what is there, and the server's clock in
        microseconds. Raises CacheUnavailable.
        """
        tags = slot.entry.tags

        def try_and_look(redis: Redis) -> list[Any]:
            pipeline = redis.pipeline(transaction=False)
            lock.take(pipeline)
            pipeline.time()
            self.generations.mint(pipeline, tags, stamp)
            pipeline.mget([slot.key, *self.generations.keys(tags)])
            return pipeline.execute()

        taken, (seconds, microseconds), *_, (data, *generations) = self._backend.ask(try_and_look)
        reading = _Reading(
            unpack(data, version=slot.entry.version), Generations.effective(generations)
        )
        return bool(taken), reading, seconds * 1_000_000 + microseconds

    def _release(self, lock: FlightLock) -> None:
        with suppress(CacheUnavailable):
            self._backend.ask(lock.release)

    def _compute_and_store(
        self,
        slot: _Slot,
        stamp: Stamp,
        compute: Callable[[], T],
        outcome: Outcome,
        lock: FlightLock | None = None,
    ) -> Cached[T]:
        try:
            envelope, fit = self._compute(slot.entry, stamp, compute)
        except BaseException:
            if lock is not None:
                self._release(lock)
            raise
        self._store([(slot, envelope)] if fit else [], lock)
        return self._used(slot.entry, envelope, outcome)

    def _bypass(self, entry: CacheEntry, compute: Callable[[], T]) -> Cached[T]:
        envelope, _ = self._compute(entry, (), compute)
        return self._used(entry, envelope, Outcome.BYPASS)

    def _compute(
        self, entry: CacheEntry, stamp: Stamp, compute: Callable[[], Any]
    ) -> tuple[Envelope, bool]:
        """Compute a value; also return whether it is fit to be stored under the stamp.

        It is not when it was made from another cached value that was outdated itself: nobody
        would then know that it is.
        """
        began_at = self._clock()
        began = time.perf_counter()
        with tracing() as trace:
            value = compute()
        compute_seconds = time.perf_counter() - began
        trace.require(entry.tags, user=entry.name)
        metrics.compute_seconds(entry.name).observe(compute_seconds)
        envelope = Envelope(
            version=entry.version,
            stamp=stamp,
            began_at=began_at,
            compute_seconds=compute_seconds,
            expires_at=self._clock() + jittered_ttl(entry.ttl, draw=self._draw()),
            value=value,
        )
        return envelope, None not in stamp and not trace.outdated

    def _store(
        self, filled: Sequence[tuple[_Slot, Envelope]], lock: FlightLock | None = None
    ) -> None:
        """Store values and give the lock back, in one round trip; a value lost is no error."""
        packed = [
            (slot.key, pack(envelope), envelope.expires_at - self._clock() + slot.entry.stale_for)
            for slot, envelope in filled
        ]

        def send(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for key, data, seconds in packed:
                pipeline.set(key, data, px=max(1, round(seconds * 1000)))
            if lock is not None:
                lock.release(pipeline)
            pipeline.execute()

        with suppress(CacheUnavailable):
            self._backend.ask(send)

    def _used(self, entry: CacheEntry, envelope: Envelope, outcome: Outcome) -> Cached[Any]:
        note_use(entry.tags, outdated=outcome is Outcome.STALE)
        metrics.requests(entry.name, outcome).inc()
        as_of = datetime.fromtimestamp(envelope.began_at, UTC)
        return Cached(envelope.value, as_of, outcome)


def _showable(reading: _Reading, server_us: int) -> Envelope | None:
    """Return a value that is not current but may be shown while another reader computes.

    One that merely expired, for as long as the server keeps it; one that lacks a change, for a
    second after that change.
    """
    envelope = reading.envelope
    if envelope is None or envelope.stamp == reading.stamp:
        return envelope
    missed_us = first_change_missed(envelope.stamp, reading.stamp)
    if missed_us is not None and server_us - missed_us < OUTDATED_US:
        return envelope
    return None


def engine() -> CacheEngine:
    """Return the engine of Django's default cache."""
    return CacheEngine(default_backend())


def get_or_compute(
    entry: CacheEntry, params: Params, compute: Callable[[], T], *, refresh: bool = False
) -> Cached[T]:
    """Return a value from the default cache; see CacheEngine.get_or_compute."""
    return engine().get_or_compute(entry, params, compute, refresh=refresh)


def get_each(wanted: Sequence[Wanted[Any]]) -> list[Cached[Any]]:
    """Return several values, of any entries; see CacheEngine.get_each."""
    return engine().get_each(wanted)


def get_many(
    entry: CacheEntry,
    params_list: Sequence[Params],
    compute_many: Callable[[Sequence[Params]], Sequence[T]],
) -> list[Cached[T]]:
    """Return many values of one entry; see CacheEngine.get_many."""
    return engine().get_many(entry, params_list, compute_many)


def bump(*tags: Tag) -> None:
    """Make what carries these tags outdated; see Generations.bump."""
    engine().generations.bump(tags)


def bump_on_commit(*tags: Tag) -> None:
    """Bump when the transaction commits, at once when there is none; never when it fails."""
    transaction.on_commit(lambda: bump(*tags))
