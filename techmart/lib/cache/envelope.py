"""How a value lies in the cache: with all that is needed to judge it, in one piece.

Pickle, because a value is whatever a computation returns. It is safe as long as nobody but our
own processes writes to the cache server, which sessions need just the same.
"""

import pickle
from typing import Any, NamedTuple

from techmart.lib.cache.generations import Stamp


class Envelope(NamedTuple):
    """One stored value. Times are seconds since 1970 by the clock of who stored it."""

    version: int
    stamp: Stamp
    began_at: float
    compute_seconds: float
    expires_at: float
    value: Any


def pack(envelope: Envelope) -> bytes:
    """Return the bytes to store."""
    return pickle.dumps(tuple(envelope), pickle.HIGHEST_PROTOCOL)


def unpack(data: bytes | None, *, version: int) -> Envelope | None:
    """Return what was stored, or None: nothing, of another version, or of an older release."""
    if data is None:
        return None
    try:
        envelope = Envelope._make(pickle.loads(data))  # noqa: S301  # see above
    except Exception:  # unpickling code that moved may raise anything
        return None
    return envelope if envelope.version == version else None
