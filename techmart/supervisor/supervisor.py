"""Starts processes, reports and restarts those that crash, and stops them all in order."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from techmart.embedded.backoff import Backoff
from techmart.embedded.children import Children
from techmart.embedded.folders import REPOSITORY
from techmart.embedded.logs import last_lines, log_path, open_log
from techmart.supervisor.processes import Process

_WATCH_SECONDS = 0.2
PATIENCE_SECONDS = 15.0
# A first start takes two to three seconds of a core: one at a time leaves the other to the loader.
APART_SECONDS = 3.0
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass
class _Supervised:
    process: Process
    ends_well: bool
    """It has an end: exit code 0 means done and not crashed."""
    backoff: Backoff = field(default_factory=Backoff)
    started_at: float = 0.0
    restart_at: float | None = None
    """When to start it again, None while it runs. Seconds of the monotonic clock, as above."""


class Supervisor:
    """Runs the application, and then a sequence of further processes one after the other.

    processes: run for as long as the supervisor does; the first starts at once, the others when
    `is_ready` is true, or has not become so for a while, so that they do not slow the first down,
    and one after the other.
    sequence: begins with `begin_sequence`; each starts when the one before has ended with 0, the
    last runs on.
    children: where the processes are written down.
    log_folder: takes one log a process.
    say: prints a line to the person.
    """

    def __init__(
        self,
        *,
        processes: Sequence[Process],
        sequence: Sequence[Process],
        children: Children,
        log_folder: Path,
        environment: Mapping[str, str],
        say: Callable[[str], object],
    ) -> None:
        self._processes = processes
        self._sequence = list(sequence)
        self._children = children
        self._log_folder = log_folder
        self._environment = environment
        self._say = say
        self._supervised: list[_Supervised] = []
        self._told_to_stop = False

    def begin_sequence(self) -> None:
        """Start the first of the sequence, while what `run` needs is still being prepared."""
        self._start_next_in_sequence()

    def run(
        self,
        *,
        is_ready: Callable[[], bool],
        when_ready: Callable[[], None],
        each_round: Callable[[], None],
    ) -> None:
        """Run until SIGINT, SIGTERM or SIGHUP; return once everything started is stopped.

        is_ready: asked until it is true; then `when_ready` is called once.
        each_round: called several times a second, for what else needs watching.
        """
        previous = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        try:
            for first in self._processes[:1]:
                self._add(first, ends_well=False)
            others = list(self._processes[1:])
            next_start = time.monotonic() + PATIENCE_SECONDS
            ready = False
            while not self._told_to_stop:
                each_round()
                for supervised in list(self._supervised):
                    self._look_after(supervised)
                became_ready = not ready and is_ready()
                if became_ready:
                    ready = True
                    next_start = time.monotonic()
                    when_ready()
                if others and time.monotonic() >= next_start:
                    self._add(others.pop(0), ends_well=False)
                    next_start = time.monotonic() + APART_SECONDS
                time.sleep(_WATCH_SECONDS)
            self._say("Stopping.")
        finally:
            self._children.stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def _add(self, process: Process, *, ends_well: bool) -> None:
        supervised = _Supervised(process, ends_well)
        self._supervised.append(supervised)
        self._start(supervised)

    def _start_next_in_sequence(self) -> None:
        if self._sequence:
            process = self._sequence.pop(0)
            self._add(process, ends_well=bool(self._sequence))

    def _start(self, supervised: _Supervised) -> None:
        process = supervised.process
        environment = {**self._environment, **process.environment}
        if process.on_terminal:
            self._children.start(
                process.name, process.argv(), output=None, env=environment, cwd=REPOSITORY
            )
        else:
            with open_log(self._log_folder, process.name) as log:
                self._children.start(
                    process.name, process.argv(), output=log, env=environment, cwd=REPOSITORY
                )
        supervised.started_at = time.monotonic()
        supervised.restart_at = None

    def _look_after(self, supervised: _Supervised) -> None:
        now = time.monotonic()
        if supervised.restart_at is not None:
            if now >= supervised.restart_at:
                self._start(supervised)
            return
        code = self._children.poll(supervised.process.name)
        if code is None:
            return
        self._children.forget(supervised.process.name)
        if code == 0 and supervised.ends_well:
            self._supervised.remove(supervised)
            self._start_next_in_sequence()
            return
        wait = supervised.backoff.after_crash(lived_seconds=now - supervised.started_at)
        supervised.restart_at = now + wait
        self._report(supervised.process, code, wait)

    def _report(self, process: Process, code: int, wait: float) -> None:
        self._say(f"{process.name} {how_it_ended(code)}; starting again in {wait:.0f} s.")
        if process.on_terminal:
            return
        path = log_path(self._log_folder, process.name)
        self._say(f"  The last lines of {path}:")
        for line in last_lines(path):
            self._say(f"  | {line}")

    def _on_signal(self, _number: int, _frame: object) -> None:
        self._told_to_stop = True


def how_it_ended(code: int) -> str:
    """Say a process's end in words: `code` is negative for a signal, as subprocess has it."""
    if code >= 0:
        return f"ended with exit code {code}"
    try:
        return f"was ended by {signal.Signals(-code).name}"
    except ValueError:
        return f"was ended by signal {-code}"
