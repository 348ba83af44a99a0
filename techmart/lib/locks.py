"""Named locks that the database holds for a session: one process does a thing at a time."""

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection

_ASKED_EVERY_SECONDS = 0.1


def lock_key(name: str) -> int:
    """Return the advisory lock number of a name: 63 bits of its hash."""
    return int.from_bytes(hashlib.blake2b(name.encode(), digest_size=8).digest()) >> 1


@contextmanager
def session_lock(name: str) -> Iterator[bool]:
    """Try to take the lock; yield whether it was free. The server frees it if the process dies.

    Not for pooled connections, which another request may get while the lock is held.
    """
    key = lock_key(name)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [key])
        held = bool(cursor.fetchone()[0])
    try:
        yield held
    finally:
        if held:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [key])


@contextmanager
def early_lock(name: str) -> Iterator[None]:
    """Wait for the lock and hold it on a connection of its own.

    Also before the applications are loaded, when Django asks the database nothing.
    """
    with connection.get_new_connection(connection.get_connection_params()) as own:
        own.autocommit = True
        own.execute("SELECT pg_advisory_lock(%s)", [lock_key(name)])
        yield


def wait_for_lock(name: str) -> None:
    """Return once nobody holds the lock.

    It asks again and again rather than wait in one statement: that would hold a snapshot, and an
    index that the holder builds concurrently would wait for it in turn.
    """
    key = lock_key(name)
    while True:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_lock_shared(%s)", [key])
            if cursor.fetchone()[0]:
                cursor.execute("SELECT pg_advisory_unlock_shared(%s)", [key])
                return
        time.sleep(_ASKED_EVERY_SECONDS)
