"""The stack as users start it, with a small shop in it, and what the tests ask of it."""

import json
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from techmart.embedded.folders import REPOSITORY
from tests.mail_server import Mailbox, mail_server
from tests.running_demo import Demo, own_demo
from tests.waiting import wait_until

_FILL = "from tests.e2e.seed import fill; fill()"


class Stack:
    """A running shop: its address, its login, its mail, and its API as a program uses it."""

    def __init__(self, demo: Demo, mailbox: Mailbox, *, token: str) -> None:
        self.demo = demo
        self.mailbox = mailbox
        self.url = f"http://127.0.0.1:{demo.port}"
        self.email = _printed(demo, "Sign in")
        self.password = _printed(demo, "Password")
        self._token = token
        self._sales = 0

    def sell(self, sku: str, **fields: Any) -> dict[str, Any]:
        """Record a sale over the API, by default an unremarkable one; return what it answers."""
        self._sales += 1
        sale = {
            "reference": f"live-{self._sales}",
            "sku": sku,
            "quantity": 1,
            "channel": "web",
            "payment_method": "card",
            "ip_country": "GB",
            "ship_country": "GB",
            "store": "web",
        }
        return self.api("transactions/", sale | fields)

    def api(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the answer of the API under /api/v1/, posting the body when there is one."""
        request = urllib.request.Request(
            f"{self.url}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "Accept": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=15) as response:
                answer: dict[str, Any] = json.load(response)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{path}: {error.code} {error.read().decode()}") from error
        return answer

    def stock(self, sku: str) -> int:
        """Return what is in stock of a product."""
        return int(self.api(f"products/{sku}/")["stock_quantity"])

    def tile(self, key: str) -> dict[str, Any]:
        """Return a key figure of the dashboard as the API has it."""
        tiles: list[dict[str, Any]] = self.api("dashboard/")["tiles"]
        return next(tile for tile in tiles if tile["key"] == key)

    def shell(self, code: str) -> str:
        """Run code inside the stack, as a worker would; return what it prints."""
        return _shell(self.demo, code)

    def kill(self, name: str) -> None:
        """End one of its processes the hard way."""
        os.kill(self.demo.pids()[name], signal.SIGKILL)


@contextmanager
def running_stack() -> Iterator[Stack]:
    """Start a shop, fill it, and hand it over once it says that it is ready."""
    with own_demo() as demo, mail_server() as (mailbox, port):
        demo.variables = {
            "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": str(port),
            # Five days of sales are a long list here.
            "EXPORT_ROWS_AT_ONCE": "500",
        }
        demo.start()
        stack = Stack(demo, mailbox, **json.loads(_shell(demo, _FILL).splitlines()[-1]))
        wait_until(lambda: _is_ready(stack), seconds=60)
        yield stack


def _shell(demo: Demo, code: str) -> str:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "--no-imports", "-c", code],
        cwd=REPOSITORY,
        env=demo.environment(),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _is_ready(stack: Stack) -> bool:
    try:
        with urllib.request.urlopen(f"{stack.url}/readyz", timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, TimeoutError):
        return False


def _printed(demo: Demo, label: str) -> str:
    found = re.search(rf"^ +{label} +(\S+)$", demo.said(), re.M)
    assert found, demo.said()
    return found.group(1)
