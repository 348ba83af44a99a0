"""Locks between processes that the kernel lets go of, however their holder ends."""

import fcntl
import os
from pathlib import Path
from types import TracebackType
from typing import Self


class FileLock:
    """An flock on a file of its own, held exclusively or shared.

    The file stays where it is: removing it would let two holders in. As a context manager the
    lock is exclusive and waits.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._fd: int | None = None

    def take_exclusive(self) -> None:
        """Wait until nobody else holds the lock, and hold it alone."""
        fcntl.flock(self._open(), fcntl.LOCK_EX)

    def take_shared(self) -> None:
        """Wait until nobody holds the lock alone, and hold it with others."""
        fcntl.flock(self._open(), fcntl.LOCK_SH)

    def try_exclusive(self) -> bool:
        """Hold the lock alone if nobody else holds it; say whether that worked.

        Whatever comes of it, `release` when done with the lock.
        """
        try:
            fcntl.flock(self._open(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        """Let go, and close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open(self) -> int:
        if self._fd is None:
            self._fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        return self._fd

    def __enter__(self) -> Self:
        self.take_exclusive()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
