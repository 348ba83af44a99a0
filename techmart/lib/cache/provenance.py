"""What a computation or a page was made from, so that nothing outdated is passed off as new."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from techmart.lib.cache.entry import Tag


class UncoveredTags(Exception):
    """Something cached shows data whose change would not invalidate it: a tag is missing."""


@dataclass(slots=True)
class Provenance:
    """The tags of all cached values used, and whether one of them was outdated."""

    tags: set[Tag] = field(default_factory=set)
    outdated: bool = False

    def require(self, declared: Iterable[Tag], *, user: str) -> None:
        """Raise UncoveredTags unless the user's declared tags cover all that was used."""
        missing = self.tags.difference(declared)
        if missing:
            names = ", ".join(sorted(missing))
            raise UncoveredTags(f"{user} uses cached values tagged {names}; declare them too.")


_traces: ContextVar[Provenance | None] = ContextVar("cache_provenance", default=None)


@contextmanager
def tracing() -> Iterator[Provenance]:
    """Collect what is read from the cache inside the block, and hand it on to the block around."""
    outer = _traces.get()
    trace = Provenance()
    token = _traces.set(trace)
    try:
        yield trace
    finally:
        _traces.reset(token)
        if outer is not None:
            outer.tags |= trace.tags
            outer.outdated |= trace.outdated


def note_use(tags: Iterable[Tag], *, outdated: bool) -> None:
    """Record that a value with these tags was used."""
    trace = _traces.get()
    if trace is not None:
        trace.tags.update(tags)
        trace.outdated |= outdated
