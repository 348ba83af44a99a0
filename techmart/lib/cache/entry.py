"""What a cached value is: its key, how long it lives, and what makes it wrong."""

import re
import string
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

Params = Mapping[str, str | int]

LOCK_SECONDS = 10.0
WAIT_SECONDS = 5.0
STALE_SECONDS = 60.0

# No separator and no glob character: one value's key can neither spell another's nor match it.
_PLAIN = re.compile(r"[\w.@=+-]{1,128}", re.ASCII)


class Tag(StrEnum):
    """A subject whose change makes the values that carry it wrong."""

    DASHBOARD = "dashboard"
    SALES = "sales"
    PRODUCTS = "products"
    STOCK = "stock"
    ALERTS = "alerts"
    PREDICTIONS = "predictions"
    CUSTOMERS = "customers"
    REVIEWS = "reviews"


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """One row of the table of cached values.

    name: the key as people and the operator write it, `{param}` where a parameter goes.
    ttl: seconds a value lives at most, > 0; jitter shortens it by up to a tenth.
    tags: what invalidates it, in the order their generations are read.
    stale_for: seconds past its life that a value may still be shown while another reader
        computes the next one.
    lock_seconds: a computation longer than this may be joined by a second one.
    wait_seconds: how long a reader with nothing to show waits for another's computation.
    version: raised when the value's shape changes, so that a new release reads no old value.
    """

    name: str
    ttl: float
    tags: tuple[Tag, ...]
    stale_for: float = STALE_SECONDS
    lock_seconds: float = LOCK_SECONDS
    wait_seconds: float = WAIT_SECONDS
    version: int = 1

    def __post_init__(self) -> None:
        if self.ttl <= 0:
            raise ValueError(f"{self.name}: ttl must be above 0.")
        if not self.tags:
            raise ValueError(f"{self.name}: a value that nothing invalidates needs no cache.")

    @property
    def parameters(self) -> frozenset[str]:
        """Names of the placeholders in the key."""
        return frozenset(field for _, field, _, _ in string.Formatter().parse(self.name) if field)

    def key(self, params: Params) -> str:
        """Return the key of one value.

        Raises ValueError when params are not exactly the key's placeholders, or hold more than
        letters, digits and `_ . @ = + -`.
        """
        if params.keys() != self.parameters:
            raise ValueError(f"{self.name} takes {sorted(self.parameters)}, got {sorted(params)}.")
        for value in params.values():
            if not _PLAIN.fullmatch(str(value)):
                raise ValueError(f"{self.name}: {value!r} cannot be part of a key.")
        return self.name.format_map(params) if params else self.name


class Registry:
    """The table of cached values; a key stands in it once."""

    def __init__(self) -> None:
        self._entries: dict[str, CacheEntry] = {}

    def add(
        self,
        name: str,
        *,
        ttl: float,
        tags: Iterable[Tag],
        stale_for: float = STALE_SECONDS,
        lock_seconds: float = LOCK_SECONDS,
        wait_seconds: float = WAIT_SECONDS,
        version: int = 1,
    ) -> CacheEntry:
        """Add a row and return it; see CacheEntry. Raises ValueError when the name is taken."""
        if name in self._entries:
            raise ValueError(f"{name} is registered twice.")
        self._entries[name] = entry = CacheEntry(
            name=name,
            ttl=ttl,
            tags=tuple(sorted(set(tags))),
            stale_for=stale_for,
            lock_seconds=lock_seconds,
            wait_seconds=wait_seconds,
            version=version,
        )
        return entry

    def fragment(
        self, page: str, region: str, *, ttl: float, tags: Iterable[Tag], version: int = 1
    ) -> CacheEntry:
        """Add a rendered piece of a page, one value for each variant of it."""
        name = f"fragment:{page}:{region}:{{variant}}"
        return self.add(name, ttl=ttl, tags=tags, version=version)

    def __iter__(self) -> Iterator[CacheEntry]:
        return iter(self._entries.values())

    def __getitem__(self, name: str) -> CacheEntry:
        return self._entries[name]
