"""A demo that really runs, for the tests of the supervisor and of pages in a browser."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from techmart.embedded.children import ChildRecord
from techmart.embedded.folders import REPOSITORY
from techmart.embedded.local import SERVER_VARIABLES
from tests.waiting import wait_until

_OF_THE_TESTS = (
    *("DEBUG", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"),
    *("CACHE_PREFIX", "CHANNEL_PREFIX", "TEST_DATABASE_NAME"),
)


class Demo:
    """One demo of an empty shop, with its own data folder and ports."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = _free_port()
        self.live_port = _free_port()
        self.printed = data.parent / "printed"
        self.process: subprocess.Popen[bytes] | None = None
        # Settings of its own.
        self.variables: dict[str, str] = {}

    def start(self) -> None:
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--empty"],
                cwd=REPOSITORY,
                env=self.environment(),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_until(lambda: self._is_announced(), seconds=120)

    def refusal(self) -> str:
        """Return what a start says that is refused."""
        done = subprocess.run(
            [sys.executable, "manage.py", "demo", "--empty"],
            cwd=REPOSITORY,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 1
        return done.stderr

    def end(self, number: signal.Signals) -> int:
        assert self.process
        self.process.send_signal(number)
        return self.process.wait(60)

    def said(self) -> str:
        return self.printed.read_text()

    def pids(self) -> dict[str, int]:
        """Return every process written down, the servers' included."""
        rows = [
            record
            for name in ("processes.json", "servers.children.json")
            for record in _records(self.data / name)
        ]
        return {record.name: record.pid for record in rows}

    def _is_announced(self) -> bool:
        assert self.process
        assert self.process.poll() is None, self.said()
        return "Ctrl-C stops everything" in self.said()

    def environment(self) -> dict[str, str]:
        """Return what its commands run in: ours without what makes it a test's."""
        mine = {
            "TECHMART_DATA": str(self.data),
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            "PYTHONUNBUFFERED": "1",
        }
        # Neither the servers nor the settings of the tests.
        dropped = {*SERVER_VARIABLES, *_OF_THE_TESTS}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, **mine, **self.variables}


def _records(path: Path) -> list[ChildRecord]:
    try:
        return [ChildRecord(**row) for row in json.loads(path.read_text())]
    except FileNotFoundError:
        return []


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@contextmanager
def own_demo() -> Iterator[Demo]:
    """Hand over a demo that is not started yet; at the end nothing of it is left."""
    parent = Path(tempfile.mkdtemp(prefix="tm-", dir="/tmp"))
    parent.chmod(0o755)
    demo = Demo(parent / "data")
    try:
        yield demo
    finally:
        if demo.process and demo.process.poll() is None:
            demo.end(signal.SIGINT)
        wait_until(lambda: not any(is_alive(pid) for pid in demo.pids().values()))
        shutil.rmtree(parent)
