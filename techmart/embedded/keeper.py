"""The process that owns the embedded servers: `python -m techmart.embedded.keeper DATA`.

It leaves its starter behind, starts the servers, starts a crashed one again, and stops them all
when the last user has let go of `users.lock`, or on SIGTERM. Because the kernel frees a lock
however its holder ends, users that were killed count as gone.
"""

import argparse
import logging
import os
import shutil
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from techmart.embedded.backoff import Backoff
from techmart.embedded.children import Children
from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import prepare_socket_folder, socket_folder
from techmart.embedded.locks import FileLock
from techmart.embedded.logs import last_lines, log_path, open_log
from techmart.embedded.postgres import DATABASE, SUPERUSER, postgres_server
from techmart.embedded.server_process import ServerProcess
from techmart.embedded.state import ServerUrls, State, write_state
from techmart.embedded.valkey import CACHE_OPTIONS, QUEUE_OPTIONS, valkey_server

READY_SECONDS = 60.0
_START_TRIES = 3
_WATCH_SECONDS = 0.2
_READY_POLL_SECONDS = 0.01
_READY = "ready"

logger = logging.getLogger("keeper")


@dataclass
class _Watched:
    server: ServerProcess
    backoff: Backoff = field(default_factory=Backoff)
    started_at: float = 0.0
    restart_at: float | None = None
    """When to start it again, None while it runs. Seconds of the monotonic clock, as above."""


class Keeper:
    """Runs the servers of one data folder. The caller holds `keeper.lock`."""

    def __init__(self, data: Path, *, throwaway: bool) -> None:
        self._data = data
        self._throwaway = throwaway
        self._sockets = socket_folder(data)
        self._children = Children(data / "servers.children.json")
        self._watched: list[_Watched] = []
        self._told_to_stop = False

    def start(self) -> None:
        """Start the servers and wait until all answer. Raises EmbeddedServersError."""
        for name in self._children.sweep():
            logger.warning("%s was left running by an earlier keeper and was stopped", name)
        prepare_socket_folder(self._sockets)
        postgres = postgres_server(
            data=self._data, sockets=self._sockets, durable=not self._throwaway
        )
        cache = self._valkey("cache", CACHE_OPTIONS)
        queue = self._valkey("queue", QUEUE_OPTIONS)
        self._watched = [_Watched(server) for server in (postgres, cache, queue)]
        for watched in self._watched:
            self._start_server(watched)
        for watched in self._watched:
            self._wait_until_ready(watched)
        write_state(self._data, State(os.getpid(), self._urls()))
        logger.info("servers ready")

    def keep(self) -> None:
        """Watch the servers until the last user is gone or SIGTERM comes."""
        signal.signal(signal.SIGTERM, self._on_sigterm)
        users = FileLock(self._data / "users.lock")
        gate = FileLock(self._data / "gate.lock")
        while not self._told_to_stop:
            # Behind the gate, so that a user who just comes or goes is not overlooked.
            if gate.try_exclusive():
                if users.try_exclusive():
                    # Held until we have ended: the next user waits, then starts anew.
                    logger.info("no user left")
                    return
                gate.release()
            for watched in self._watched:
                self._look_after(watched)
            time.sleep(_WATCH_SECONDS)

    def stop(self) -> None:
        """Stop the servers, the queue first and PostgreSQL last."""
        self._children.stop_all()
        if not self._sockets.is_relative_to(self._data):
            shutil.rmtree(self._sockets, ignore_errors=True)
        logger.info("servers stopped")
        if self._throwaway:
            shutil.rmtree(self._data, ignore_errors=True)

    def _valkey(self, name: str, options: dict[str, str]) -> ServerProcess:
        return valkey_server(
            name,
            folder=self._data / name,
            socket_path=self._sockets / f"{name}.sock",
            options=options,
        )

    def _urls(self) -> ServerUrls:
        return ServerUrls(
            database_url=f"postgresql:///{DATABASE}?host={self._sockets}/pg&user={SUPERUSER}",
            cache_url=f"unix://{self._sockets}/cache.sock",
            broker_url=f"redis+socket://{self._sockets}/queue.sock",
        )

    def _start_server(self, watched: _Watched) -> None:
        server = watched.server
        with open_log(self._data / "log", server.name) as log:
            self._children.start(
                server.name,
                server.argv,
                output=log,
                stop_signal=server.stop_signal,
                cwd=Path("/"),
                account=server.account,
            )
        watched.started_at = time.monotonic()
        watched.restart_at = None

    def _wait_until_ready(self, watched: _Watched) -> None:
        name = watched.server.name
        deadline = time.monotonic() + READY_SECONDS
        tries = 1
        while time.monotonic() < deadline:
            code = self._children.poll(name)
            if code is not None:
                self._children.forget(name)
                if tries == _START_TRIES:
                    raise EmbeddedServersError(self._report(name, f"ended with {code}"))
                # What a killed server left, such as its shared memory, may need a moment to go.
                tries += 1
                time.sleep(0.5)
                self._start_server(watched)
            elif watched.server.is_ready(self._children.pid(name)):
                return
            time.sleep(_READY_POLL_SECONDS)
        raise EmbeddedServersError(self._report(name, f"did not answer in {READY_SECONDS:.0f} s"))

    def _look_after(self, watched: _Watched) -> None:
        name = watched.server.name
        now = time.monotonic()
        if watched.restart_at is not None:
            if now >= watched.restart_at:
                self._start_server(watched)
            return
        code = self._children.poll(name)
        if code is None:
            return
        self._children.forget(name)
        wait = watched.backoff.after_crash(lived_seconds=now - watched.started_at)
        watched.restart_at = now + wait
        logger.error("%s", self._report(name, f"ended with {code}; starting again in {wait:.0f} s"))

    def _report(self, name: str, what: str) -> str:
        lines = last_lines(log_path(self._data / "log", name))
        return "\n  ".join([f"{name} {what}. Its last lines:", *lines])

    def _on_sigterm(self, _number: int, _frame: object) -> None:
        self._told_to_stop = True


def main() -> int:
    """Start the keeper in the background; return 0 once its servers answer."""
    parser = argparse.ArgumentParser(prog="python -m techmart.embedded.keeper")
    parser.add_argument("data", type=Path)
    parser.add_argument(
        "--throwaway", action="store_true", help="no syncing to disk, remove the data at the end"
    )
    options = parser.parse_args()
    read_end, write_end = os.pipe()
    if os.fork():
        os.close(write_end)
        with os.fdopen(read_end) as pipe:
            answer = pipe.read()
        if answer == _READY:
            return 0
        sys.stderr.write(answer or "the keeper of the servers ended without a word\n")
        return 1
    os.close(read_end)
    os.setsid()
    _run_in_background(options.data, throwaway=options.throwaway, answer_fd=write_end)
    return 0


def _run_in_background(data: Path, *, throwaway: bool, answer_fd: int) -> None:
    """Run the keeper to its end, answering once how the start went."""
    lock = FileLock(data / "keeper.lock")
    lock.take_exclusive()
    with open_log(data / "log", "keeper") as log, Path(os.devnull).open("rb") as nothing:
        os.dup2(nothing.fileno(), 0)
        os.dup2(log.fileno(), 1)
        os.dup2(log.fileno(), 2)
    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.INFO)
    keeper = Keeper(data, throwaway=throwaway)
    try:
        try:
            keeper.start()
        except EmbeddedServersError as error:
            os.write(answer_fd, f"{error}\n".encode())
            raise
        os.write(answer_fd, _READY.encode())
        os.close(answer_fd)
        keeper.keep()
    finally:
        keeper.stop()
        lock.release()


if __name__ == "__main__":
    sys.exit(main())
