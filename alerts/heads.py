"""The heads of all topics, read once for all sockets of the live process."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from alerts.stream import Head

Read = Callable[[], Awaitable[list[Head]]]


class SharedHeads:
    """Lets many callers share one read of the database.

    A caller gets what a read found that began after the call: whoever has joined the group before
    it asks misses nothing in between. A thousand sockets that ask at once cost two reads.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._reading = asyncio.Lock()
        self._began_at = float("-inf")
        self._heads: list[Head] = []

    async def current(self) -> list[Head]:
        """Return the heads as of now or later. Raises what the read raises."""
        asked_at = time.monotonic()
        async with self._reading:
            if self._began_at < asked_at:
                began_at = time.monotonic()
                self._heads = await self._read()
                self._began_at = began_at
            return self._heads
