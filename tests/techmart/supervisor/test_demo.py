"""`manage.py demo` as a person runs it, with real processes on servers of its own."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from techmart.embedded.children import ChildRecord
from techmart.embedded.folders import REPOSITORY, prepare_data_folder
from techmart.embedded.local import SERVER_VARIABLES
from techmart.embedded.locks import FileLock
from techmart.supervisor.demo import answers
from tests.waiting import wait_until


class Demo:
    """One demo with its own data folder and ports."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = _free_port()
        self.live_port = _free_port()
        self.printed = data.parent / "printed"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.printed.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--empty"],
                cwd=REPOSITORY,
                env=self._environment(),
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
            env=self._environment(),
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

    def _environment(self) -> dict[str, str]:
        mine = {
            "TECHMART_DATA": str(self.data),
            "PORT": str(self.port),
            "LIVE_PORT": str(self.live_port),
            "PYTHONUNBUFFERED": "1",
        }
        # Neither the servers nor the settings of the tests.
        dropped = {*SERVER_VARIABLES, "DEBUG", "SECRET_KEY", "DJANGO_SETTINGS_MODULE"}
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, **mine}


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


@pytest.fixture
def demo() -> Iterator[Demo]:
    parent = Path(tempfile.mkdtemp(prefix="tm-", dir="/tmp"))
    parent.chmod(0o755)
    demo = Demo(parent / "data")
    yield demo
    if demo.process and demo.process.poll() is None:
        demo.end(signal.SIGTERM)
    wait_until(lambda: not any(is_alive(pid) for pid in demo.pids().values()))
    shutil.rmtree(parent)


def test_a_shop_starts_survives_crashes_and_stops_without_a_trace(demo: Demo) -> None:
    demo.start()
    started = demo.pids()
    assert started.keys() == {
        *("web", "live", "worker", "worker-heavy", "beat", "postgres", "cache", "queue")
    }
    assert f"http://127.0.0.1:{demo.port}/" in demo.said()
    assert re.search(r"Password +\S{16,}", demo.said())
    assert answers(demo.port)
    wait_until(lambda: answers(demo.live_port))

    # A second one on the same data is refused; a crashed process is reported and comes back.
    assert "A demo is already running" in demo.refusal()
    os.kill(started["beat"], signal.SIGKILL)
    wait_until(lambda: "beat was ended by SIGKILL; starting again in 1 s." in demo.said())
    wait_until(lambda: demo.pids().get("beat", started["beat"]) != started["beat"])
    os.kill(started["cache"], signal.SIGKILL)
    wait_until(lambda: "cache ended with -9; starting again in 1 s" in demo.said())
    running = demo.pids()

    assert demo.end(signal.SIGINT) == 0
    assert not any(is_alive(pid) for pid in {*started.values(), *running.values()})
    assert not answers(demo.port)
    assert "Stopped. The data is kept" in demo.said()


def test_a_killed_supervisor_leaves_nothing_in_the_way_of_the_next_start(demo: Demo) -> None:
    demo.start()
    left = demo.pids()
    password = re.search(r"Password +(\S+)", demo.said())
    demo.end(signal.SIGKILL)

    demo.start()

    assert answers(demo.port)
    assert not any(is_alive(pid) for pid in left.values())
    assert password
    assert password.group(1) in demo.said()


def test_a_taken_port_is_said_before_anything_is_started(demo: Demo) -> None:
    with socket.create_server(("127.0.0.1", demo.port)):
        refusal = demo.refusal()

    assert f"Port {demo.port} is in use by another program" in refusal
    assert "make demo" in refusal
    assert "Traceback" not in refusal


def test_a_folder_of_something_else_is_refused(demo: Demo) -> None:
    demo.data.mkdir()
    (demo.data / "thesis.tex").write_text("the only copy")

    assert "is not a data folder of TechMart" in demo.refusal()


def test_a_lock_held_elsewhere_is_respected(demo: Demo) -> None:
    prepare_data_folder(demo.data)

    with FileLock(demo.data / "supervisor.lock"):
        assert "A demo is already running" in demo.refusal()
