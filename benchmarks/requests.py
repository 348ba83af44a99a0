"""Requests to the real web process: the dashboard, and a sale over the API."""

import hashlib
import itertools
import json
import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from statistics import median

from django.conf import settings
from django.test import Client
from django.utils import timezone

from benchmarks.measuring import Figure, milliseconds, seconds_of
from techmart.core.models import User
from techmart.core.tokens import issue_token
from techmart.embedded.folders import REPOSITORY
from techmart.supervisor.processes import application_processes

_START_SECONDS = 60
_BLOCK = 10
_LETTERS = str.maketrans("0123456789", "ghijklmnop")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def web_process(port: int) -> Iterator[None]:
    """Run the web process as the supervisor does, with the benchmarks' addresses."""
    web = application_processes(host="127.0.0.1", port=port, live_port=port)[0]
    process = subprocess.Popen(
        web.argv(),
        cwd=REPOSITORY,
        env={**os.environ, **web.environment},
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("The web process did not start.")
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        process.wait()


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


class Caller:
    """One caller on one kept connection."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._connection = HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Host": f"127.0.0.1:{port}", **headers}

    def get(self, path: str) -> None:
        """Read a page; anything but 200 stops the benchmark."""
        self._ask("GET", path, None, 200)

    def post(self, path: str, body: dict[str, object]) -> None:
        """Create something; anything but 201 stops the benchmark."""
        self._ask("POST", path, json.dumps(body), 201)

    def _ask(self, method: str, path: str, body: str | None, wanted: int) -> None:
        self._connection.request(method, path, body, self._headers)
        response = self._connection.getresponse()
        answer = response.read()
        if response.status != wanted:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:500]!r}")


def measure_requests(*, rounds: int) -> list[Figure]:
    """Measure both against their limits, in blocks of ten by turns."""
    port = _free_port()
    person = User.objects.create_superuser("bench@example.test", "")
    client = Client()
    client.force_login(person)
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    token = issue_token(user=person, name="benchmark", rate="1000000/min", now=timezone.now())
    numbers = itertools.count(1)
    with web_process(port):
        reader = Caller(port, {"Cookie": f"{settings.SESSION_COOKIE_NAME}={session}"})
        program = Caller(
            port, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        )

        def sell(*, marked: bool) -> None:
            number = next(numbers)
            program.post(
                "/api/v1/transactions/",
                {
                    "reference": f"bench-{number}",
                    "sku": f"P{1 + number % 40 * 50 + 4:07d}",
                    "customer_code": f"C{1 + number % 1000}",
                    "quantity": 1,
                    "channel": "web",
                    "payment_method": "card",
                    "ip_country": "US",
                    "ship_country": "US",
                    **(_marks(1 + number % 1000) if marked else {}),
                },
            )

        def insert() -> None:
            program.post("/bench/insert/", {"reference": f"bare-{next(numbers)}"})

        pages = _blocks(lambda: reader.get("/"), lambda: reader.get("/bench/bare/"), rounds)
        sales = _blocks(lambda: sell(marked=False), insert, rounds)
        marked = _blocks(lambda: sell(marked=True), insert, rounds)
    return [
        Figure(
            name="dashboard, logged in, warm",
            limit="a bare logged-in view on the same server",
            ratio=pages[0] / pages[1],
            target=1.5,
            detail=f"{milliseconds(pages[0])} against {milliseconds(pages[1])}",
        ),
        Figure(
            name="one sale over the API",
            limit="one INSERT in its own transaction through the same stack",
            ratio=sales[0] / sales[1],
            target=3,
            detail=f"{milliseconds(sales[0])} against {milliseconds(sales[1])}",
        ),
        Figure(
            name="one sale with device, card, addresses and e-mail over the API",
            limit="one INSERT in its own transaction through the same stack",
            ratio=marked[0] / marked[1],
            target=3,
            detail=f"{milliseconds(marked[0])} against {milliseconds(marked[1])}",
        ),
    ]


def _marks(customer: int) -> dict[str, str]:
    """Return what a customer's sales have in common; nobody shares it, as with most customers."""
    # Letters alone: digits at the end are no part of an address's stem.
    name = hashlib.sha256(str(customer).encode()).hexdigest().translate(_LETTERS)[:10]
    return {
        "device": f"device-{customer}",
        "card_token": f"card-{customer}",
        "ship_address": f"{customer} Main Street, Springfield",
        "bill_address": f"{customer} Main Street, Springfield",
        "email": f"{name}@mail{customer % 4}.example",
    }


def _blocks(one: Callable[[], None], other: Callable[[], None], rounds: int) -> tuple[float, float]:
    taken: tuple[list[float], list[float]] = ([], [])
    for turn in range(rounds + 1):
        for call, times in zip((one, other), taken, strict=True):
            for _ in range(_BLOCK):
                seconds = seconds_of(call)
                if turn:
                    times.append(seconds)
    return median(taken[0]), median(taken[1])
