"""Django's cache on Redis or Valkey, which the rest of the house can do without.

While the server is away the cache acts as an empty one that forgets: reads find nothing, writes
report success and keep nothing, counters start anew. So pages compute from the source, sessions
fall back to the database, throttles let requests pass and an `add` used as a lock is won by all.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar, cast

from django.core.cache import caches
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.exceptions import ImproperlyConfigured
from django_redis.cache import RedisCache
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from techmart.lib.cache import metrics
from techmart.lib.cache.breaker import CircuitBreaker
from techmart.lib.cache.debts import Debts

T = TypeVar("T")

TIMEOUT_SECONDS = 0.2
# Read per SCAN call and removed per UNLINK call: each stays far below the time-out.
PURGE_BATCH = 1000


@dataclass(frozen=True, slots=True)
class ServerState:
    """What all threads of this process know about one server."""

    breaker: CircuitBreaker = field(default_factory=lambda: CircuitBreaker("cache server"))
    debts: Debts = field(default_factory=Debts)


_servers: dict[str, ServerState] = {}
_servers_lock = threading.Lock()


class CacheUnavailable(Exception):
    """The cache server did not answer, or is not being asked after a recent failure."""


def state_of(server: str) -> ServerState:
    """Return what this process shares about the server at an address."""
    with _servers_lock:
        return _servers.setdefault(server, ServerState())


class ResilientCache(RedisCache):  # type: ignore[misc]  # django-redis ships no types
    """django-redis with short time-outs, and a pause in place of an exception.

    The methods of Django's cache never raise for a server that is away. The extras of
    django-redis (scans, sets, hashes) and `delete_pattern` are an operator's and do raise.
    """

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = {
            "SOCKET_TIMEOUT": TIMEOUT_SECONDS,
            "SOCKET_CONNECT_TIMEOUT": TIMEOUT_SECONDS,
            **params.get("OPTIONS", {}),
        }
        super().__init__(server, {**params, "OPTIONS": options})
        state = state_of(server)
        self.breaker = state.breaker
        self.debts = state.debts

    @property
    def redis(self) -> "Redis":
        """The client of the server that takes writes, not watched by the breaker."""
        return cast("Redis", self.client.get_client(write=True))

    def ask(self, question: Callable[["Redis"], T]) -> T:
        """Put a question to the server and return its answer.

        Raises CacheUnavailable when it does not answer, or refuses (out of memory, read-only).
        """
        return self._guarded(lambda: question(self.redis))

    def _guarded(self, call: Callable[[], T]) -> T:
        if not self.breaker.allows():
            raise CacheUnavailable
        try:
            if self.debts:
                self.debts.settle(self.redis)
            answer = call()
        except (RedisConnectionError, RedisTimeoutError, OSError) as error:
            metrics.FAILURES.inc()
            self.breaker.failed(error)
            raise CacheUnavailable from error
        except RedisError as error:
            # It answered, only not with what was asked: no reason to stop asking.
            metrics.FAILURES.inc()
            self.breaker.succeeded()
            raise CacheUnavailable from error
        self.breaker.succeeded()
        return answer

    def _or(self, forgetful: T, call: Callable[[], T]) -> T:
        try:
            return self._guarded(call)
        except CacheUnavailable:
            return forgetful

    def get(
        self, key: str, default: Any = None, version: int | None = None, client: Any = None
    ) -> Any:
        """Return the value, or default."""
        inherited = super().get
        return self._or(default, lambda: inherited(key, default, version, client))

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """Return those of the values that are there."""
        inherited = super().get_many
        wanted = list(keys)
        return self._or({}, lambda: inherited(wanted, version=version))

    def set(
        self,
        key: str,
        value: Any,
        timeout: Any = DEFAULT_TIMEOUT,
        version: int | None = None,
        **kwargs: Any,
    ) -> bool:
        """Keep a value; returns True though a server that is away keeps nothing."""
        inherited = super().set
        try:
            return self._guarded(lambda: bool(inherited(key, value, timeout, version, **kwargs)))
        except CacheUnavailable:
            self._owe_removal([key], version)
            return True

    def set_many(
        self, data: dict[str, Any], timeout: Any = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        """Keep values; no key is reported as failed."""
        inherited = super().set_many
        try:
            self._guarded(lambda: inherited(data, timeout, version=version))
        except CacheUnavailable:
            self._owe_removal(data, version)
        return []

    def add(self, key: str, value: Any, *args: Any, **kwargs: Any) -> bool:
        """Keep a value unless the key has one; True when it was kept, or nobody can tell."""
        inherited = super().add
        return self._or(True, lambda: bool(inherited(key, value, *args, **kwargs)))

    def touch(self, key: str, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Prolong a value's life; False when there is none."""
        inherited = super().touch
        return self._or(False, lambda: bool(inherited(key, timeout, version=version)))

    def delete(self, key: str, version: int | None = None, **kwargs: Any) -> bool:
        """Remove a value; True when there was one."""
        inherited = super().delete
        try:
            return self._guarded(lambda: bool(inherited(key, version=version, **kwargs)))
        except CacheUnavailable:
            self._owe_removal([key], version)
            return False

    def delete_many(self, keys: Iterable[str], version: int | None = None, **kwargs: Any) -> int:
        """Remove values; returns how many there were."""
        inherited = super().delete_many
        doomed = list(keys)
        try:
            return self._guarded(lambda: int(inherited(doomed, version=version, **kwargs) or 0))
        except CacheUnavailable:
            self._owe_removal(doomed, version)
            return 0

    def _owe_removal(self, keys: Iterable[str], version: int | None) -> None:
        """Let no value survive the outage that was to be replaced or removed during it."""
        for key in keys:
            full_key = str(self.client.make_key(key, version=version))
            self.debts.owe(full_key, partial(_unlink, key=full_key))

    def has_key(self, key: str, *args: Any, **kwargs: Any) -> bool:
        """Return whether the key has a value."""
        inherited = super().has_key
        return self._or(False, lambda: bool(inherited(key, *args, **kwargs)))

    def incr(self, key: str, delta: int = 1, *args: Any, **kwargs: Any) -> int:
        """Add to a counter; one that cannot be reached counts from 0. ValueError: no counter."""
        inherited = super().incr
        return self._or(delta, lambda: int(inherited(key, delta, *args, **kwargs)))

    def decr(self, key: str, delta: int = 1, *args: Any, **kwargs: Any) -> int:
        """Take from a counter; see incr."""
        inherited = super().decr
        return self._or(-delta, lambda: int(inherited(key, delta, *args, **kwargs)))

    def delete_pattern(
        self, pattern: str, version: int | None = None, prefix: str | None = None
    ) -> int:
        """Remove what matches a glob pattern, in small steps; returns how many keys.

        Walks all keys of the server: an operator's tool, not for a request. Raises RedisError
        when the server is away.
        """
        redis = self.redis
        full_pattern = self.client.make_pattern(pattern, version=version, prefix=prefix)
        removed = 0
        batch: list[bytes] = []
        for key in redis.scan_iter(match=full_pattern, count=PURGE_BATCH):
            batch.append(key)
            if len(batch) == PURGE_BATCH:
                removed += redis.unlink(*batch)
                batch.clear()
        if batch:
            removed += redis.unlink(*batch)
        return removed


def _unlink(commands: Any, key: str) -> None:
    commands.unlink(key)


def default_backend() -> ResilientCache:
    """Return Django's default cache. Raises ImproperlyConfigured when it is of another kind."""
    backend = caches["default"]
    if not isinstance(backend, ResilientCache):
        raise ImproperlyConfigured("CACHES['default'] must be a ResilientCache.")
    return backend


def cache_available() -> bool:
    """Return whether the last call was answered; makes none. For a banner."""
    return default_backend().breaker.closed


def ping_cache() -> bool:
    """Ask the server whether it is there, at most 0.2 s and not in a pause. For /readyz."""
    try:
        return bool(default_backend().ask(lambda redis: redis.ping()))
    except CacheUnavailable:
        return False
