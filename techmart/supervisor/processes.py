"""The processes of the application: one table for the demo, compose and the docs."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Process:
    """One program to run.

    command: as at a prompt, program first.
    environment: added to ours.
    on_terminal: it prints to our terminal instead of into a log.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    on_terminal: bool = False

    def argv(self) -> list[str]:
        """Return the command under the interpreter that runs us, wherever PATH points."""
        program, *arguments = self.command
        if program == "python":
            return [sys.executable, *arguments]
        return [sys.executable, "-m", program, *arguments]


def application_processes(*, host: str, port: int, live_port: int) -> tuple[Process, ...]:
    """Return what serves, in the order in which it is started.

    host: address that web and live listen on, at `port` and `live_port`.
    """
    return (
        Process(
            "web",
            (
                *("granian", "--interface", "wsgi", "--host", host, "--port", str(port)),
                # As many threads as a pool of connections can serve without waiting.
                *("--workers", "1", "--blocking-threads", "4", "--no-ws"),
                "techmart.wsgi:application",
            ),
            {"DATABASE_POOL": "1"},
        ),
        Process(
            "live",
            (
                *("uvicorn", "--host", host, "--port", str(live_port), "--no-access-log"),
                # A third of the memory a socket takes under Granian; see docs/adr.
                *("--ws", "websockets-sansio", "--loop", "uvloop", "--lifespan", "off"),
                "techmart.asgi:application",
            ),
        ),
        Process(
            "worker",
            (
                *("celery", "--app", "techmart", "worker", "--hostname", "worker@%h"),
                *("--queues", "refresh,alerts,default", "--concurrency", "2"),
            ),
        ),
        Process(
            "worker-heavy",
            (
                *("celery", "--app", "techmart", "worker", "--hostname", "heavy@%h"),
                # Polars, OpenMP and connection pools do not survive a fork.
                *("--queues", "forecast,exports", "--pool", "solo"),
            ),
        ),
        Process(
            "beat",
            # The kernel's lock on the data folder keeps a second one away, not a pid file.
            ("celery", "--app", "techmart", "beat", "--pidfile="),
        ),
    )


def demo_processes() -> tuple[Process, ...]:
    """Return what fills the demo shop, each started when the one before has done its work."""
    return (
        Process("loader", ("python", "manage.py", "load_demo"), on_terminal=True),
        Process("replay", ("python", "manage.py", "replay_demo")),
    )
