"""A job beside the requests: it runs, coalesces, survives errors and forks, and never blocks."""

import logging
import os
import subprocess
import sys
import textwrap
import threading

import pytest
from pytest_django import Settings

from techmart.lib.background import BackgroundRunner


class Job:
    """Counts its runs and does as told in each."""

    def __init__(self, *answers: float | Exception | None) -> None:
        self.answers = list(answers)
        self.runs = 0
        self.ran = threading.Semaphore(0)

    def __call__(self) -> float | None:
        self.runs += 1
        answer = self.answers.pop(0) if self.answers else None
        self.ran.release()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def wait(self) -> bool:
        return self.ran.acquire(timeout=5)


@pytest.fixture(autouse=True)
def _threads(settings: Settings) -> None:
    settings.AFTER_COMMIT_THREADS = True


def test_it_runs_when_woken_and_again_when_it_asks() -> None:
    job = Job(0.01, None)
    runner = BackgroundRunner("test", job, gap_seconds=0)

    runner.wake()

    assert job.wait()
    assert job.wait()
    assert not job.ran.acquire(timeout=0.05)


def test_a_burst_of_wakes_is_few_runs() -> None:
    job = Job()
    runner = BackgroundRunner("test", job, gap_seconds=0.05)

    for _ in range(1000):
        runner.wake()

    assert job.wait()
    assert job.wait()  # whatever came during the first run
    assert not job.ran.acquire(timeout=0.1)


def test_an_error_is_logged_and_the_next_wake_runs_again(
    caplog: pytest.LogCaptureFixture,
) -> None:
    job = Job(RuntimeError("no luck"))
    runner = BackgroundRunner("unlucky", job, gap_seconds=0)

    with caplog.at_level(logging.ERROR):
        runner.wake()
        assert job.wait()
        runner.wake()
        assert job.wait()

    assert "unlucky failed" in caplog.text


def test_waking_does_nothing_where_threads_are_off(settings: Settings) -> None:
    settings.AFTER_COMMIT_THREADS = False
    job = Job()

    BackgroundRunner("test", job).wake()

    assert not job.ran.acquire(timeout=0.05)


def test_a_forked_worker_has_a_thread_of_its_own() -> None:
    script = """
        import os, sys, threading
        from django.conf import settings
        settings.configure(AFTER_COMMIT_THREADS=True)
        from techmart.lib.background import BackgroundRunner
        ran = threading.Semaphore(0)
        runner = BackgroundRunner("test", lambda: ran.release(), gap_seconds=0)
        runner.wake()
        assert ran.acquire(timeout=5)
        pid = os.fork()
        if pid == 0:
            runner.wake()
            os._exit(0 if ran.acquire(timeout=5) else 1)
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
    """

    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        env={"PATH": os.environ["PATH"]},
        check=False,
        timeout=30,
    )

    assert done.returncode == 0
