"""A job that runs beside the requests of a process, when something has made it due."""

import logging
import os
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.db import connections

logger = logging.getLogger(__name__)

# Between two runs, so that a burst of commits is one run and not hundreds.
GAP_SECONDS = 0.1


class BackgroundRunner:
    """Runs one job in a thread of this process: after `wake`, and again when the job asks for it.

    The one who wakes it never waits and never sees it fail: an error is logged, and what was left
    undone is for the job's periodic sweep. The thread starts with the first wake, so it is there
    after a fork too, and ends with the process without being waited for.

    job: returns after how many seconds it wants to run again, None when it is done.
    """

    def __init__(
        self, name: str, job: Callable[[], float | None], *, gap_seconds: float = GAP_SECONDS
    ) -> None:
        self.name = name
        self._job = job
        self.gap_seconds = gap_seconds
        self._forget_thread()
        # A fork copies neither the thread nor a lock's holder.
        os.register_at_fork(after_in_child=self._forget_thread)

    def _forget_thread(self) -> None:
        self._due = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """Have the job run soon; does nothing where AFTER_COMMIT_THREADS is off."""
        if not settings.AFTER_COMMIT_THREADS:
            return
        self._due.set()
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run_forever, name=self.name, daemon=True
                    )
                    self._thread.start()

    def _run_forever(self) -> None:
        again_in: float | None = None
        while True:
            self._due.wait(again_in)
            self._due.clear()
            again_in = self._run_once()
            time.sleep(self.gap_seconds)

    def _run_once(self) -> float | None:
        try:
            return self._job()
        except Exception:
            logger.exception("%s failed; its sweep will do what is left", self.name)
            return None
        finally:
            # Back to the pool: a thread that waits needs no connection.
            connections.close_all()
