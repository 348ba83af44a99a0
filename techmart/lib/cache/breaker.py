"""A pause after a failure, so that a dead server costs one time-out and not one a call."""

import logging
import threading
import time
from collections.abc import Callable

logger = logging.getLogger(__name__)

PAUSE_SECONDS = 5.0


class CircuitBreaker:
    """Says whether a server may be called.

    Closed: every call passes. A failure opens it: no call passes for `pause_seconds`. Then one
    caller at a time passes as a probe; its success closes the breaker, its failure opens it for
    another pause. A probe that never reports is forgotten after a pause.

    Safe to share between threads; knows nothing of what it guards but its name.
    """

    def __init__(
        self,
        name: str,
        *,
        pause_seconds: float = PAUSE_SECONDS,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.pause_seconds = pause_seconds
        self._clock = clock
        self._lock = threading.Lock()
        self._next_probe_at: float | None = None

    @property
    def closed(self) -> bool:
        """True while calls pass freely; reading it neither calls nor probes."""
        return self._next_probe_at is None

    def allows(self) -> bool:
        """Return whether the caller may call now; True after a pause makes it the probe."""
        return self.closed or self._is_probe()

    def _is_probe(self) -> bool:
        with self._lock:
            now = self._clock()
            if self._next_probe_at is not None:
                if now < self._next_probe_at:
                    return False
                self._next_probe_at = now + self.pause_seconds
            return True

    def succeeded(self) -> None:
        """Report a call that was answered."""
        if self.closed:
            return
        with self._lock:
            self._next_probe_at = None
        logger.warning("%s answers again", self.name)

    def failed(self, error: BaseException) -> None:
        """Report a call that was not answered."""
        with self._lock:
            first = self._next_probe_at is None
            self._next_probe_at = self._clock() + self.pause_seconds
        if first:
            logger.warning(
                "%s is away, no calls for %.0f s: %s", self.name, self.pause_seconds, error
            )
