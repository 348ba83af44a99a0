"""Tells the person what happens to the embedded servers while the demo runs."""

import time
from collections.abc import Callable
from pathlib import Path

from techmart.embedded.logs import log_path
from techmart.embedded.servers import EmbeddedServersError, ensure_servers

_CHECK_SECONDS = 2.0


class ServerWatch:
    """Follows the keeper's log, and starts the servers again when the keeper was killed."""

    def __init__(self, data: Path, say: Callable[[str], object]) -> None:
        self._data = data
        self._say = say
        self._log = log_path(data / "log", "keeper")
        self._read_bytes = self._log.stat().st_size
        self._next_check = 0.0

    def look(self) -> None:
        """Look once; cheap enough to be called several times a second."""
        now = time.monotonic()
        if now < self._next_check:
            return
        self._next_check = now + _CHECK_SECONDS
        self._report_crashes()
        try:
            if ensure_servers(self._data):
                self._read_bytes = 0
                self._say("The embedded servers were gone and have been started again.")
        except EmbeddedServersError as error:
            self._say(f"{error}")

    def _report_crashes(self) -> None:
        """Pass on what the keeper wrote since the last look: only crashes, once it is up."""
        with self._log.open("rb") as file:
            file.seek(self._read_bytes)
            fresh = file.read()
        self._read_bytes += len(fresh)
        for line in fresh.decode("utf-8", errors="replace").splitlines():
            self._say(line)
