"""Invalidation by number: a value remembers its tags' generations, a change moves them on.

A generation is `<changed_at>:<before>`: the server's clock in microseconds at the change that
opened it, and the same of the generation before. It is never used twice, not even when the
server evicted it in between, so a value stored under one can be current only once.

Three keys a tag, all of the server's clock:

- generation: the newest;
- held: the one before, while the newest must wait its turn. It expires by itself, and then the
  newest takes effect: the last bump of a burst is not lost though nobody is there to send it;
- gate: is there for a second after a generation took effect.
"""

import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, Protocol, cast

from redis import Redis

from techmart.lib.cache.backend import CacheUnavailable, ResilientCache
from techmart.lib.cache.entry import Tag

# One generation a second and tag: a sale a millisecond must not make every read a miss.
COALESCE_MS = 1000

# The generations of some tags in the tags' order; None where the server knows none.
Stamp = tuple[bytes | None, ...]

# What MGET answers: bytes, since the client is not told to decode.
Replies = list[bytes | None]

# KEYS: generation, held, gate. ARGV: milliseconds between generations that take effect.
# A held generation has not been read by anyone, so it covers every change until it is.
# Time in microseconds is below 2^53, hence exact in Lua; '%.0f' prints all its digits.
BUMP = """
if redis.call('EXISTS', KEYS[2]) == 1 then return 0 end
local newest = redis.call('GET', KEYS[1])
local before = newest and tonumber(string.match(newest, '^%d+')) or 0
local time = redis.call('TIME')
local now = math.max(time[1] * 1000000 + time[2], before + 1)
local wait = redis.call('PTTL', KEYS[3])
if not newest or wait < 0 then wait = 0 end
redis.call('SET', KEYS[1], string.format('%.0f:%.0f', now, before))
if wait > 0 then redis.call('SET', KEYS[2], newest, 'PX', wait) end
redis.call('SET', KEYS[3], 1, 'PX', wait + tonumber(ARGV[1]))
return 1
"""


class Commands(Protocol):
    """What a client and a pipeline have in common here."""

    def set(self, name: str, value: str, *, nx: bool) -> Any: ...

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> Any: ...


class Generations:
    """The generations of one cache server's tags."""

    def __init__(self, backend: ResilientCache, *, coalesce_ms: int = COALESCE_MS) -> None:
        self._backend = backend
        self._coalesce_ms = coalesce_ms

    def keys(self, tags: Iterable[Tag]) -> list[str]:
        """Return the keys to read: generation and held, tag by tag; see effective()."""
        keys = []
        for tag in tags:
            generation, held, _ = self._keys_of(tag)
            keys += [generation, held]
        return keys

    def _keys_of(self, tag: Tag) -> tuple[str, str, str]:
        # The braces keep a tag's three keys in one slot of a cluster.
        key = self._backend.make_key(f"tag:{{{tag.value}}}")
        return f"{key}:generation", f"{key}:held", f"{key}:gate"

    @staticmethod
    def effective(replies: Sequence[bytes | None]) -> Stamp:
        """Turn the values of keys() into the generations in effect."""
        return tuple(
            held if held is not None and generation is not None else generation
            for generation, held in zip(replies[::2], replies[1::2], strict=True)
        )

    def mint(self, commands: Commands, tags: Sequence[Tag], stamp: Stamp) -> None:
        """Give the tags that have no generation a first one, whoever comes first.

        By this machine's clock: it only has to differ from all before, which it does.
        """
        for tag, generation in zip(tags, stamp, strict=True):
            if generation is None:
                commands.set(self._keys_of(tag)[0], f"{time.time_ns() // 1000}:0", nx=True)

    def current(self, tags: Sequence[Tag]) -> Stamp:
        """Return the generations in effect, making those that are missing.

        Raises CacheUnavailable.
        """
        keys = self.keys(tags)
        stamp = self.effective(self._backend.ask(lambda redis: cast("Replies", redis.mget(keys))))
        if None not in stamp:
            return stamp

        def mint_and_read(redis: Redis) -> Replies:
            pipeline = redis.pipeline(transaction=False)
            self.mint(pipeline, tags, stamp)
            pipeline.mget(keys)
            return cast("Replies", pipeline.execute()[-1])

        return self.effective(self._backend.ask(mint_and_read))

    def bump(self, tags: Iterable[Tag]) -> None:
        """Make all values outdated that carry one of the tags, within a second.

        Constant cost, one round trip. Does not raise: what cannot be sent is owed, and paid
        before this process asks the server for anything again.
        """
        due = sorted(set(tags))

        def send(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for tag in due:
                self._bump_one(pipeline, tag)
            pipeline.execute()

        try:
            self._backend.ask(send)
        except CacheUnavailable:
            for tag in due:
                name = f"bump {self._keys_of(tag)[0]}"
                self._backend.debts.owe(name, partial(self._bump_one, tag=tag))

    def _bump_one(self, commands: Commands, tag: Tag) -> None:
        commands.eval(BUMP, 3, *self._keys_of(tag), str(self._coalesce_ms))


def first_change_missed(stored: Stamp, current: Stamp) -> int | None:
    """Return when the first change happened that a value stored under `stored` lacks.

    Microseconds of the server's clock, of the change that opened the current generation; None
    when a tag is more than one generation ahead, or unknown, so that it cannot be said.
    """
    if len(stored) != len(current):
        return None
    missed = []
    for old, new in zip(stored, current, strict=True):
        if old == new:
            continue
        if old is None or new is None:
            return None
        changed_at, before = new.split(b":")
        if old.split(b":")[0] != before:
            return None
        missed.append(int(changed_at))
    return min(missed, default=None)
