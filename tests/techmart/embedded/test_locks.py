"""Locks between processes."""

import subprocess
import sys
from pathlib import Path

from techmart.embedded.locks import FileLock

HOLD_UNTIL_KILLED = """
import sys, time
from pathlib import Path
from techmart.embedded.locks import FileLock
FileLock(Path(sys.argv[1])).take_exclusive()
print("held", flush=True)
time.sleep(60)
"""


def test_one_holds_alone(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")

    with first:
        assert not second.try_exclusive()

    assert second.try_exclusive()
    second.release()


def test_many_share_and_the_last_may_have_it_alone(tmp_path: Path) -> None:
    first, second, third = (FileLock(tmp_path / "lock") for _ in range(3))
    first.take_shared()
    second.take_shared()

    first.release()
    assert not third.try_exclusive()
    second.release()
    assert third.try_exclusive()
    third.release()


def test_a_killed_holder_holds_no_more(tmp_path: Path) -> None:
    lock = FileLock(tmp_path / "lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD_UNTIL_KILLED, str(tmp_path / "lock")], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        assert not lock.try_exclusive()
        holder.kill()

    assert lock.try_exclusive()
    lock.release()
