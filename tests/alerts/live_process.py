"""The live process as it is run, and a page's side of its socket."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from websockets.sync.client import ClientConnection, unix_connect
from websockets.typing import Origin

ORIGIN = "http://127.0.0.1:8000"
START_SECONDS = 90


class LiveProcess:
    """A running uvicorn on a socket of its own."""

    def __init__(self, socket_path: Path) -> None:
        self.socket_path = socket_path

    def connect(
        self, session: str = "", *, origin: str | None = ORIGIN, path: str = "/ws/live/"
    ) -> ClientConnection:
        """Open a WebSocket as a browser would: with the page's origin and its cookie."""
        cookie = f"{settings.SESSION_COOKIE_NAME}={session}"
        return unix_connect(
            str(self.socket_path),
            f"ws://127.0.0.1{path}",
            origin=None if origin is None else Origin(origin),
            additional_headers={"Cookie": cookie} if session else {},
            open_timeout=10,
        )


def receive(socket: ClientConnection, *, timeout: float = 5) -> dict[str, Any]:
    """Return the next message; TimeoutError when none comes."""
    message: dict[str, Any] = json.loads(socket.recv(timeout=timeout))
    return message


@contextmanager
def live_process(folder: Path, **environment: str) -> Iterator[LiveProcess]:
    """Run the live process against this test's database, cache and queue."""
    socket_path = folder / "live.sock"
    log = (folder / "live.log").open("wb")
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "uvicorn", "techmart.asgi:application"),
            *("--uds", str(socket_path), "--ws", "websockets-sansio", "--loop", "uvloop"),
            *("--lifespan", "off", "--no-access-log"),
        ],
        env={**os.environ, **same_database(), **environment},
        stdout=log,
        stderr=subprocess.STDOUT,
        cwd=settings.BASE_DIR,
    )
    try:
        _wait_until_it_answers(process, socket_path, folder / "live.log")
        yield LiveProcess(socket_path)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=20)
        log.close()


def same_database() -> dict[str, str]:
    """Name the test's database, which Django's settings do not."""
    database = connection.settings_dict
    parts = {
        "dbname": database["NAME"],
        "user": database["USER"],
        "password": database["PASSWORD"],
        "host": database["HOST"],
        "port": database["PORT"],
    }
    url = " ".join(f"{name}={value}" for name, value in parts.items() if value)
    return {"DATABASE_URL": url, "DEBUG": "1"}


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", path: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not path.exists():
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"The live process did not start:\n{log.read_text()}")
        time.sleep(0.05)
