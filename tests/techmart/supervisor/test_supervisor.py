"""Processes that crash, end, follow one another and are stopped."""

import json
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from techmart.embedded.children import Children
from techmart.supervisor import supervisor as supervisor_module
from techmart.supervisor.processes import Process
from techmart.supervisor.supervisor import Supervisor, how_it_ended
from tests.waiting import wait_until

# Writes its name when it starts and when it is told to stop, so that the order can be read.
WRITES_ITS_ENDS = """
import os, signal, sys, time
name, journal = sys.argv[1:]
def write(what):
    with open(journal, "a") as file:
        file.write(f"{what} {name} {os.getpid()}\\n")
def stop(*_):
    write("stop")
    sys.exit(0)
signal.signal(signal.SIGTERM, stop)
write("start")
while True:
    time.sleep(1)
"""
ENDS_AT_ONCE = """
import sys
name, journal, code = sys.argv[1:]
with open(journal, "a") as file:
    file.write(f"end {name}\\n")
print(f"{name} says goodbye")
sys.exit(int(code))
"""


class Stage:
    """A supervisor that runs in the main thread while `script` plays in another."""

    def __init__(self, folder: Path) -> None:
        self.journal = folder / "journal"
        self.journal.touch()
        self.log_folder = folder
        self.children = Children(folder / "processes.json")
        self.said: list[str] = []
        self.ready = threading.Event()

    def runs_on(self, name: str) -> Process:
        return Process(name, ("python", "-c", WRITES_ITS_ENDS, name, str(self.journal)))

    def ends(self, name: str, code: int) -> Process:
        return Process(name, ("python", "-c", ENDS_AT_ONCE, name, str(self.journal), str(code)))

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines()

    def play(
        self,
        processes: list[Process],
        sequence: list[Process],
        script: Callable[[], None],
        is_ready: Callable[[], bool] = lambda: True,
    ) -> None:
        """Run until the script is through, then as on Ctrl-C."""
        failed: list[BaseException] = []

        def act() -> None:
            try:
                script()
            except BaseException as error:  # shown in the main thread below
                failed.append(error)
            os.kill(os.getpid(), signal.SIGINT)

        supervisor = Supervisor(
            processes=processes,
            sequence=sequence,
            children=self.children,
            log_folder=self.log_folder,
            environment=os.environ,
            say=self.said.append,
        )
        actor = threading.Thread(target=act)
        actor.start()
        supervisor.begin_sequence()
        supervisor.run(is_ready=is_ready, when_ready=self.ready.set, each_round=lambda: None)
        actor.join()
        if failed:
            raise failed[0]


def test_stops_what_it_started_last_first(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    processes = [stage.runs_on("web"), stage.runs_on("worker"), stage.runs_on("beat")]

    stage.play(processes, [], lambda: wait_until(lambda: len(stage.lines()) == 3))

    stops = [line.split()[1] for line in stage.lines() if line.startswith("stop")]
    assert stops == ["beat", "worker", "web"]
    assert stage.children.sweep() == []


def test_the_others_wait_for_the_first_to_be_ready(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    processes = [stage.runs_on("web"), stage.runs_on("worker")]
    started_when_asked: list[int] = []

    def is_ready() -> bool:
        started_when_asked.append(len(json.loads((tmp_path / "processes.json").read_text())))
        return bool(stage.lines())

    stage.play(processes, [], lambda: wait_until(lambda: len(stage.lines()) == 2), is_ready)

    assert set(started_when_asked) == {1}
    assert [line.split()[1] for line in stage.lines()[:2]] == ["web", "worker"]


def test_the_others_start_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "APART_SECONDS", 3600.0)
    stage = Stage(tmp_path)
    processes = [stage.runs_on("web"), stage.runs_on("live"), stage.runs_on("worker")]

    stage.play(processes, [], lambda: wait_until(lambda: len(stage.lines()) == 2))

    starts = {line.split()[1] for line in stage.lines() if line.startswith("start")}
    assert starts == {"web", "live"}


def test_the_others_do_not_wait_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "PATIENCE_SECONDS", 0.0)
    stage = Stage(tmp_path)
    processes = [stage.runs_on("web"), stage.runs_on("worker")]

    stage.play(processes, [], lambda: wait_until(lambda: len(stage.lines()) == 2), lambda: False)

    assert not stage.ready.is_set()


def test_restarts_a_crashed_process_and_says_so(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    def crash_it() -> None:
        wait_until(stage.lines)
        os.kill(int(stage.lines()[0].split()[2]), signal.SIGKILL)
        wait_until(lambda: len(stage.lines()) == 2)

    stage.play([stage.runs_on("worker")], [], crash_it)

    assert "worker was ended by SIGKILL; starting again in 1 s." in stage.said
    first, second = (line for line in stage.lines() if line.startswith("start"))
    assert first != second


def test_shows_the_last_lines_of_a_crashed_process(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    stage.play([stage.ends("live", 3)], [], lambda: wait_until(lambda: stage.said))

    assert stage.said[0] == "live ended with exit code 3; starting again in 1 s."
    assert "  | live says goodbye" in stage.said


def test_a_process_that_should_run_on_crashed_even_when_it_ended_well(tmp_path: Path) -> None:
    stage = Stage(tmp_path)

    stage.play([stage.ends("beat", 0)], [], lambda: wait_until(lambda: stage.said))

    assert stage.said[0] == "beat ended with exit code 0; starting again in 1 s."


def test_the_sequence_goes_on_when_a_step_is_done(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    sequence = [stage.ends("loader", 0), stage.runs_on("replay")]

    stage.play([], sequence, lambda: wait_until(lambda: len(stage.lines()) == 2))

    assert stage.ready.is_set()
    assert [line.split()[:2] for line in stage.lines()] == [
        ["end", "loader"],
        ["start", "replay"],
        ["stop", "replay"],
    ]
    assert stage.said == ["Stopping."]


def test_a_step_that_fails_is_tried_again_before_the_next(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    sequence = [stage.ends("loader", 1), stage.runs_on("replay")]

    stage.play([], sequence, lambda: wait_until(lambda: len(stage.lines()) == 2))

    assert stage.lines() == ["end loader", "end loader"]


def test_programs_run_under_our_interpreter() -> None:
    assert Process("web", ("granian", "--port", "1")).argv() == [
        *(sys.executable, "-m", "granian", "--port", "1")
    ]
    assert Process("x", ("python", "manage.py")).argv() == [sys.executable, "manage.py"]


def test_an_end_is_said_in_words() -> None:
    assert how_it_ended(2) == "ended with exit code 2"
    assert how_it_ended(-9) == "was ended by SIGKILL"
    assert how_it_ended(-199) == "was ended by signal 199"
