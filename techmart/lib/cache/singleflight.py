"""One computation at a time for each value, among all processes."""

import hashlib
import uuid
from dataclasses import dataclass, field
from typing import Any, Protocol

from techmart.lib.cache.generations import Stamp

# KEYS: lock. ARGV: token. Only its holder may take a lock away: it may have expired since, and
# be another's.
RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class Commands(Protocol):
    """What a client and a pipeline have in common here."""

    def set(self, name: str, value: str, *, nx: bool, px: int) -> Any: ...

    def eval(self, script: str, numkeys: int, *keys_and_args: str) -> Any: ...


@dataclass(frozen=True, slots=True)
class FlightLock:
    """The right to compute one value from one state of its source.

    A reader who comes after a change does not wait for a computation that began before it:
    the tags' generations are part of the lock's name.
    """

    key: str
    seconds: float
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def of(cls, value_key: str, stamp: Stamp, *, seconds: float) -> "FlightLock":
        """Return a lock, not taken yet, that expires after `seconds` if its holder dies."""
        state = b",".join(generation or b"" for generation in stamp)
        digest = hashlib.blake2b(state, digest_size=8).hexdigest()
        return cls(key=f"{value_key}:lock:{digest}", seconds=seconds)

    def take(self, commands: Commands) -> Any:
        """Try to take it: true when nobody holds it."""
        return commands.set(self.key, self.token, nx=True, px=round(self.seconds * 1000))

    def release(self, commands: Commands) -> Any:
        """Give it back, unless it expired."""
        return commands.eval(RELEASE, 1, self.key, self.token)
