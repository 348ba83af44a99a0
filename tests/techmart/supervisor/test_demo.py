"""`manage.py demo` as a person runs it, with real processes on servers of its own."""

import os
import re
import signal
import socket
from collections.abc import Iterator

import psutil
import pytest

from techmart.embedded.folders import prepare_data_folder
from techmart.embedded.locks import FileLock
from techmart.supervisor.demo import answers
from tests.running_demo import Demo, is_alive, own_demo
from tests.waiting import wait_until


@pytest.fixture
def demo() -> Iterator[Demo]:
    with own_demo() as demo:
        yield demo


def start_all(demo: Demo) -> dict[str, int]:
    """Start a demo, wait for all of its processes, and return their ids by name."""
    demo.start()
    names = {"web", "live", "worker", "worker-heavy", "beat", "postgres", "cache", "queue"}
    wait_until(lambda: demo.pids().keys() == names)
    return demo.pids()


def test_a_shop_starts_survives_crashes_and_stops_without_a_trace(demo: Demo) -> None:
    started = start_all(demo)
    assert f"http://127.0.0.1:{demo.port}/" in demo.said()
    assert re.search(r"Password +\S{16,}", demo.said())
    assert answers(demo.port)
    wait_until(lambda: answers(demo.live_port))
    # Tests of webhooks and the alerts that follow may go to a receiver beside it.
    for name in ("web", "worker"):
        assert psutil.Process(started[name]).environ()["WEBHOOK_PRIVATE_HOSTS"] == "1"

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
    left = start_all(demo)
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
