"""Ops alerts raised from outside the queues: a scheduler that is dead cannot report itself."""

import logging
import time
from datetime import datetime

from django.core.cache import cache
from django.db import DatabaseError

from alerts import ops

logger = logging.getLogger(__name__)

# The shortest limit of what is watched is two minutes.
EVERY_SECONDS = 30
_KEY = "health:watch"


class Watch:
    """Evaluates ops alerts at most once in EVERY_SECONDS, over all processes while the cache
    answers and in each process without it."""

    def __init__(self) -> None:
        self._last = float("-inf")

    def look(self, *, now: datetime) -> bool:
        """Evaluate if it is time; say whether it was."""
        if time.monotonic() - self._last < EVERY_SECONDS:
            return False
        self._last = time.monotonic()
        if not cache.add(_KEY, 1, timeout=EVERY_SECONDS):
            return False
        try:
            ops.evaluate(now=now)
        except DatabaseError as error:
            logger.warning("ops alerts were not evaluated: %s", error)
        return True


watch = Watch()
