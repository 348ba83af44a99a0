"""Children that are written down and never left behind."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from techmart.embedded.children import Children
from tests.waiting import wait_until

SLEEP = "import time; time.sleep(60)"
SLEEPER = [sys.executable, "-c", SLEEP]
DEAF = """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""
PARENT_OF_ONE = f"""
import subprocess, sys, time
child = subprocess.Popen([sys.executable, "-c", {SLEEP!r}])
print(child.pid, flush=True)
time.sleep(60)
"""
# Starts a child the way we do and is then killed by the test.
HOLDER = f"""
import sys, time
from pathlib import Path
from techmart.embedded.children import Children
argv = [sys.executable, "-c", {SLEEP!r}]
child = Children(Path(sys.argv[1])).start("sleeper", argv, output=None)
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def record(tmp_path: Path) -> Path:
    return tmp_path / "children.json"


@pytest.fixture
def children(record: Path) -> Iterator[Children]:
    children = Children(record)
    yield children
    children.stop_all()


def is_alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def printed_pid(log: Path) -> int:
    wait_until(lambda: log.exists() and log.read_text().strip())
    return int(log.read_text())


def test_a_child_is_written_down_while_it_runs(children: Children, record: Path) -> None:
    child = children.start("sleeper", SLEEPER, output=None)
    (row,) = json.loads(record.read_text())
    assert (row["name"], row["pid"]) == ("sleeper", child.pid)

    children.stop("sleeper")

    assert child.returncode == -signal.SIGTERM
    assert json.loads(record.read_text()) == []


def test_a_child_that_ignores_its_signal_is_killed(children: Children, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as log:
        child = children.start("deaf", [sys.executable, "-c", DEAF], output=log)
    wait_until(lambda: "deaf" in (tmp_path / "log").read_text())

    children.stop("deaf", seconds=0.1)

    assert child.returncode == -signal.SIGKILL


def test_ctrl_c_in_the_terminal_does_not_reach_a_child(children: Children) -> None:
    child = children.start("sleeper", SLEEPER, output=None)

    assert os.getsid(child.pid) == child.pid != os.getsid(0)


def test_what_a_crashed_child_started_goes_with_it(children: Children, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as log:
        child = children.start("parent", [sys.executable, "-c", PARENT_OF_ONE], output=log)
    grandchild = printed_pid(tmp_path / "log")
    child.kill()
    child.wait()

    children.forget("parent")

    wait_until(lambda: not is_alive(grandchild))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux signals children of the dead")
def test_children_end_when_their_parent_is_killed(record: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(record)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        pid = int(holder.stdout.readline())
        holder.kill()

    wait_until(lambda: not is_alive(pid))


def test_a_sweep_stops_what_an_earlier_process_left(record: Path) -> None:
    left = subprocess.Popen(SLEEPER, start_new_session=True)
    write_record(record, left.pid, psutil.Process(left.pid).create_time())

    swept = Children(record).sweep()

    assert swept == ["left"]
    assert left.wait(5) == -signal.SIGTERM
    assert json.loads(record.read_text()) == []


def test_a_sweep_kills_what_a_dead_child_had_started(record: Path, tmp_path: Path) -> None:
    with (tmp_path / "log").open("wb", buffering=0) as log:
        left = subprocess.Popen(
            [sys.executable, "-c", PARENT_OF_ONE], start_new_session=True, stdout=log
        )
    grandchild = printed_pid(tmp_path / "log")
    write_record(record, left.pid, psutil.Process(left.pid).create_time())
    left.kill()
    left.wait()

    Children(record).sweep()

    wait_until(lambda: not is_alive(grandchild))


def test_a_sweep_spares_a_process_that_only_has_the_number(record: Path) -> None:
    other = subprocess.Popen(SLEEPER, start_new_session=True)
    write_record(record, other.pid, psutil.Process(other.pid).create_time() - 3600)

    swept = Children(record).sweep()

    assert swept == []
    assert other.poll() is None
    other.kill()
    other.wait()


def write_record(record: Path, pid: int, started_at: float) -> None:
    row = {"name": "left", "pid": pid, "started_at": started_at, "stop_signal": signal.SIGTERM}
    record.write_text(json.dumps([row]))
