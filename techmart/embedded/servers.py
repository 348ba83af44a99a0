"""Use the embedded servers of a data folder: start them, or use those that run.

Three locks in the data folder, all freed by the kernel when their holder ends:

- `gate.lock`: held alone, for a moment, by whoever comes or goes.
- `users.lock`: held shared by every user for as long as they use the servers.
- `keeper.lock`: held alone by the keeper while its servers run.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import REPOSITORY, prepare_data_folder
from techmart.embedded.locks import FileLock
from techmart.embedded.state import ServerUrls, read_state

__all__ = ["EmbeddedServersError", "ServerUrls", "ensure_servers", "use_servers"]


@contextmanager
def use_servers(data: Path, *, throwaway: bool = False) -> Iterator[ServerUrls]:
    """Hold the servers of a data folder running; the last user to end stops them.

    data: the data folder, made if missing.
    throwaway: nothing is synced to disk and the folder is removed at the end, for tests; what
    the one who starts the servers says counts.
    Raises EmbeddedServersError when they cannot be started.
    """
    prepare_data_folder(data)
    gate = FileLock(data / "gate.lock")
    users = FileLock(data / "users.lock")
    with gate:
        users.take_shared()
        try:
            urls = _running(data) or _start(data, throwaway=throwaway)
        except BaseException:
            users.release()
            raise
    try:
        yield urls
    finally:
        with gate:
            users.release()
            if users.try_exclusive():
                _stop(data)
            users.release()


def ensure_servers(data: Path) -> bool:
    """Start the servers again if their keeper was killed; say whether that was needed.

    For a user who holds them for long. Raises EmbeddedServersError when they cannot be started.
    """
    with FileLock(data / "gate.lock"):
        if _running(data):
            return False
        _start(data, throwaway=False)
        return True


def _running(data: Path) -> ServerUrls | None:
    """Return the addresses of servers that run. The caller holds the gate."""
    keeper = FileLock(data / "keeper.lock")
    try:
        return None if keeper.try_exclusive() else read_state(data).urls
    finally:
        keeper.release()


def _start(data: Path, *, throwaway: bool) -> ServerUrls:
    command = [sys.executable, "-m", "techmart.embedded.keeper", str(data)]
    if throwaway:
        command.append("--throwaway")
    done = subprocess.run(
        command,
        cwd=REPOSITORY,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise EmbeddedServersError(
            f"The embedded servers did not start: {done.stderr.strip()}\n"
            f"Their logs are in {data / 'log'}."
        )
    return read_state(data).urls


def _stop(data: Path) -> None:
    """Stop the keeper and wait for its end. The caller holds the gate."""
    keeper = FileLock(data / "keeper.lock")
    if not keeper.try_exclusive():
        os.kill(read_state(data).keeper_pid, signal.SIGTERM)
        keeper.take_exclusive()
    keeper.release()
