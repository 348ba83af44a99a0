"""Child processes that are written down, so that none is ever left behind.

Each child leads a session of its own: Ctrl-C in the terminal reaches only us, and we stop the
children in order. On Linux the kernel signals them when we are killed; elsewhere, and for what a
child started itself, the next start reads the record and clears away what still runs.
"""

import contextlib
import ctypes
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

import psutil

from techmart.embedded.accounts import Account
from techmart.embedded.files import write_atomically

STOP_SECONDS = 15.0
_POLL_SECONDS = 0.02
# The clock a start time is told by may be set a little between two looks.
_SAME_START_SECONDS = 2.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class ChildRecord:
    """What is needed to find a child again: a bare pid may be somebody else's by then."""

    name: str
    pid: int
    started_at: float
    stop_signal: int

    def is_running(self) -> bool:
        """Say whether this very process still runs."""
        try:
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return abs(process.create_time() - self.started_at) < _SAME_START_SECONDS
        except psutil.NoSuchProcess:
            return False

    def kill_group(self) -> None:
        """Kill what the child started and left behind.

        A process group keeps its number from being given away, so a group without its leader is
        still ours; a leader that started at another time is not.
        """
        if psutil.pid_exists(self.pid) and not self._is_ours_or_dead():
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _is_ours_or_dead(self) -> bool:
        try:
            return abs(psutil.Process(self.pid).create_time() - self.started_at) < (
                _SAME_START_SECONDS
            )
        except psutil.NoSuchProcess:
            return True


class Children:
    """The children of one process, with their record on disk.

    Call from the main thread: the kernel's signal at our death follows the starting thread.
    """

    def __init__(self, record: Path) -> None:
        self._record = record
        self._running: dict[str, tuple[subprocess.Popen[bytes], ChildRecord]] = {}

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        output: IO[bytes] | None,
        stop_signal: signal.Signals = signal.SIGTERM,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        account: Account | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a child and write it down.

        output: takes what it prints; None leaves it our terminal.
        account: whom it runs as, when we are root.
        """
        process = subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if output else None,
            env=env,
            cwd=cwd,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            start_new_session=True,
            preexec_fn=_die_with_parent(stop_signal),
        )
        record = ChildRecord(name, process.pid, _start_time(process.pid), stop_signal)
        self._running[name] = (process, record)
        self._write()
        return process

    def poll(self, name: str) -> int | None:
        """Return the exit code of a child that ended, None while it runs."""
        return self._running[name][0].poll()

    def pid(self, name: str) -> int:
        """Return the number of a child."""
        return self._running[name][1].pid

    def forget(self, name: str) -> None:
        """Drop a child that ended by itself, and kill what it left behind."""
        _process, record = self._running.pop(name)
        record.kill_group()
        self._write()

    def stop(self, name: str, *, seconds: float = STOP_SECONDS) -> None:
        """Stop a child: its stop signal, then SIGKILL after `seconds`."""
        process, record = self._running[name]
        if process.poll() is None:
            process.send_signal(record.stop_signal)
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.forget(name)

    def stop_all(self) -> None:
        """Stop every child, the last started first."""
        for name in reversed(list(self._running)):
            self.stop(name)

    def sweep(self) -> list[str]:
        """Clear away what an earlier process left running; return the names."""
        left = [record for record in self._recorded() if record.is_running()]
        for record in reversed(left):
            with contextlib.suppress(ProcessLookupError):
                os.kill(record.pid, record.stop_signal)
        deadline = time.monotonic() + STOP_SECONDS
        for record in reversed(left):
            while record.is_running() and time.monotonic() < deadline:
                time.sleep(_POLL_SECONDS)
        for record in self._recorded():
            record.kill_group()
        for record in left:
            while record.is_running():
                time.sleep(_POLL_SECONDS)
        self._write()
        return [record.name for record in left]

    def _recorded(self) -> list[ChildRecord]:
        try:
            rows = json.loads(self._record.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return []
        return [ChildRecord(**row) for row in rows]

    def _write(self) -> None:
        rows = [asdict(record) for _process, record in self._running.values()]
        write_atomically(self._record, json.dumps(rows, indent=1))


def _start_time(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.NoSuchProcess:
        return time.time()


def _die_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """Return what the child does before it becomes the program: ask for a signal at our death."""
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal))
        # We may have died before the request.
        if os.getppid() != parent:
            os._exit(1)

    return ask
