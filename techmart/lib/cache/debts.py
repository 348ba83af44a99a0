"""What the cache server missed while it was away, made up for before it is asked again.

A server that was only unreachable comes back with everything it held: a signed-out session, a
value whose tag was bumped. Each process keeps what it could not send and sends it first.
"""

import logging
import threading
from collections.abc import Callable
from typing import Any

from redis import Redis

logger = logging.getLogger(__name__)

# About 2 MB. Beyond it the oldest are forgotten: they then live to the end of their ttl.
MOST = 10_000

# Adds its commands to a pipeline.
Payment = Callable[[Any], object]


class Debts:
    """Commands owed to one server by this process; lost only when the process ends first."""

    def __init__(self) -> None:
        self._owed: dict[str, Payment] = {}
        self._changing = threading.Lock()
        self._paying = threading.Lock()

    def __len__(self) -> int:
        return len(self._owed)

    def owe(self, name: str, payment: Payment) -> None:
        """Remember a command; one name is paid once."""
        with self._changing:
            self._owed[name] = payment
            if len(self._owed) > MOST:
                del self._owed[next(iter(self._owed))]

    def settle(self, redis: Redis) -> None:
        """Pay all, in one round trip; a second caller waits, so that he reads nothing before.

        Raises what the client raises, everything still owed.
        """
        with self._paying:
            with self._changing:
                due = dict(self._owed)
            if not due:
                return
            pipeline = redis.pipeline(transaction=False)
            for payment in due.values():
                payment(pipeline)
            pipeline.execute()
            with self._changing:
                for name, payment in due.items():
                    # One that was owed anew meanwhile is owed still.
                    if self._owed.get(name) is payment:
                        del self._owed[name]
        logger.info("made up for %d commands the cache server had missed", len(due))
