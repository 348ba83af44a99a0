"""How long to wait before starting a crashed process again."""

LONGEST_SECONDS = 30.0
# A process that lived this long is well again: its next crash starts from one second.
GOOD_LIFE_SECONDS = 60.0


class Backoff:
    """Doubling waits for one process: 1, 2, 4, 8, 16, 30, 30 ... seconds."""

    def __init__(self) -> None:
        self._next_seconds = 1.0

    def after_crash(self, *, lived_seconds: float) -> float:
        """Return the seconds to wait before the next start."""
        if lived_seconds >= GOOD_LIFE_SECONDS:
            self._next_seconds = 1.0
        wait = self._next_seconds
        self._next_seconds = min(wait * 2, LONGEST_SECONDS)
        return wait
