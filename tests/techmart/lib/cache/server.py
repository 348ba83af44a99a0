"""A cache server that a test may stop, freeze and start again."""

import os
import signal
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from techmart.embedded.valkey import valkey_server


class CacheServer:
    """One Valkey on a unix socket, without persistence: it forgets when it stops."""

    def __init__(self, folder: Path) -> None:
        self._description = valkey_server(
            "cache",
            folder=folder,
            socket_path=folder / "cache.sock",
            options={"maxclients": "2000"},
        )
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{folder / 'cache.sock'}"

    def start(self) -> None:
        """Start and wait until it answers."""
        self._process = subprocess.Popen(self._description.argv, stdout=subprocess.DEVNULL)
        while not self._description.is_ready(self._process.pid):
            assert self._process.poll() is None, "The cache server ended while starting."
            time.sleep(0.01)

    def stop(self) -> None:
        """Stop as a crash does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it accept connections and answer nobody, keeping what it holds."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        os.kill(self._process.pid, number)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
