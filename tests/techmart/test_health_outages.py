"""The web process as it is run, with its servers taken away and given back one by one."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from inventory.models import Product
from techmart.core.models import User
from techmart.core.tokens import issue_token
from techmart.supervisor.processes import application_processes
from tests.inventory.factories import make_product
from tests.techmart.forwarder import Address, Forwarder
from tests.waiting import wait_until
from transactions.models import Transaction

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What came back."""

    status: int
    headers: Message
    body: str

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


class Site:
    """A running web process and the servers behind it."""

    def __init__(self, folder: Path, static: Path) -> None:
        self.folder = folder
        self.static = static
        self.log = folder / "web.log"
        database = connection.settings_dict
        port = database["PORT"] or "5432"
        self.database = Forwarder(
            folder / f".s.PGSQL.{port}", _database_address(database["HOST"], port)
        )
        self.cache = Forwarder(folder / "cache.sock", _redis_address(settings.CACHE_URL))
        self.queue = Forwarder(folder / "queue.sock", _redis_address(settings.BROKER_URL))
        self.port = _free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.headers: dict[str, str] = {}

    @property
    def servers(self) -> tuple[Forwarder, ...]:
        return (self.database, self.cache, self.queue)

    def start(self) -> None:
        web = application_processes(host=HOST, port=self.port, live_port=self.port + 1)[0]
        name, user = connection.settings_dict["NAME"], connection.settings_dict["USER"]
        password = connection.settings_dict["PASSWORD"]
        port = connection.settings_dict["PORT"] or "5432"
        address = f"dbname={name} user={user} host={self.folder} port={port}"
        environment = {
            **{key: value for key, value in os.environ.items() if key != "DEBUG"},
            **web.environment,
            "SECRET_KEY": settings.SECRET_KEY,
            "DATABASE_URL": f"{address} password={password}" if password else address,
            "CACHE_URL": f"unix://{self.cache.path}",
            "BROKER_URL": f"redis+socket://{self.queue.path}",
            "STATIC_ROOT": str(self.static),
            # Cookies carry the port of the settings that made them.
            "PORT": str(settings.PORT),
        }
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                web.argv(), cwd=settings.BASE_DIR, env=environment, stdout=log, stderr=log
            )
        wait_until(self.lives, seconds=60)

    def stop(self) -> None:
        if self.process:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(30)
        for server in self.servers:
            server.cut()

    def lives(self) -> bool:
        try:
            return self.get("/healthz").status == 200
        except OSError:
            return False

    def ready(self) -> Any:
        """Return the status and the failing parts that /readyz tells."""
        answer = self.get("/readyz")
        return answer.status, answer.json()["status"], answer.json()["failing"]

    def get(self, path: str) -> Answer:
        return self._send(urllib.request.Request(self._url(path), headers=self.headers))

    def post(self, path: str, body: dict[str, Any], token: str) -> Answer:
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        data = json.dumps(body).encode()
        return self._send(urllib.request.Request(self._url(path), data=data, headers=headers))

    def _url(self, path: str) -> str:
        return f"http://{HOST}:{self.port}{path}"

    def _send(self, request: urllib.request.Request) -> Answer:
        opener = urllib.request.build_opener(_NoRedirects)
        try:
            with opener.open(request, timeout=30) as response:
                return Answer(response.status, response.headers, response.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(error.code, error.headers, error.read().decode())


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


def _database_address(host: str, port: str) -> Address:
    return f"{host}/.s.PGSQL.{port}" if host.startswith("/") else (host or HOST, int(port))


def _redis_address(url: str) -> Address:
    parts = urlsplit(url)
    if parts.scheme in ("unix", "redis+socket"):
        return parts.path
    return (parts.hostname or HOST, parts.port or 6379)


def _free_port() -> int:
    with socket.create_server((HOST, 0)) as server:
        port: int = server.getsockname()[1]
    return port


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Style sheets and scripts as they are served, collected once."""
    folder = tmp_path_factory.mktemp("static")
    subprocess.run(
        [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DEBUG": "", "SECRET_KEY": "only-here", "STATIC_ROOT": str(folder)},
        check=True,
    )
    return folder


@pytest.fixture
def site(static: Path) -> Iterator[Site]:
    """A site with a signed-in visitor, all servers there."""
    folder = Path(tempfile.mkdtemp(prefix="tm-", dir="/tmp"))
    site = Site(folder, static)
    client = Client()
    client.force_login(User.objects.create_superuser("root@example.test"))
    name = settings.SESSION_COOKIE_NAME
    site.headers["Cookie"] = f"{name}={client.cookies[name].value}"
    try:
        for server in site.servers:
            server.mend()
        site.start()
        yield site
    finally:
        site.stop()
        shutil.rmtree(folder)


PAGES = ("/", "/transactions/", "/inventory/", "/alerts/", "/health/", "/admin/")


def sale(product: Product, reference: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "order_ref": "O1",
        "sku": product.sku,
        "quantity": 1,
        "unit_price": str(product.price),
        "channel": "store",
    }


def test_without_the_database_all_says_so_and_comes_back_by_itself(site: Site) -> None:
    token = issue_token(user=User.objects.get(), name="till", now=datetime(2026, 3, 10, tzinfo=UTC))
    product = make_product(stock=5)
    assert site.ready() == (200, "ready", [])
    assert {site.get(path).status for path in PAGES} == {200}

    site.database.cut()

    for path in (*PAGES, "/login/", "/nowhere/"):
        answer = site.get(path)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5"), path
        assert "cannot be reached just now" in answer.body
        assert "Traceback" not in answer.body
    refused = site.post("/api/v1/transactions/", sale(product, "R1"), token)
    assert (refused.status, refused.json()["code"]) == (503, "database_unavailable")
    assert refused.headers["Retry-After"] == "5"
    assert site.lives()
    assert site.ready() == (503, "unavailable", ["database", "migrations"])

    site.database.mend()

    wait_until(lambda: site.ready() == (200, "ready", []), seconds=30)
    wait_until(lambda: {site.get(path).status for path in PAGES} == {200}, seconds=30)
    recorded = site.post("/api/v1/transactions/", sale(product, "R1"), token)
    assert recorded.status == 201
    assert Transaction.objects.get().reference == "R1"


def test_without_the_cache_pages_and_sign_in_still_answer(site: Site) -> None:
    site.cache.cut()

    assert site.ready() == (200, "degraded", ["cache"])
    assert {site.get(path).status for path in PAGES} == {200}

    site.cache.mend()

    wait_until(lambda: site.ready() == (200, "ready", []), seconds=30)


def test_without_the_queue_pages_answer_and_sales_are_recorded(site: Site) -> None:
    token = issue_token(user=User.objects.get(), name="till", now=datetime(2026, 3, 10, tzinfo=UTC))
    product = make_product(stock=5)
    site.queue.cut()

    assert site.ready() == (200, "degraded", ["queue"])
    assert {site.get(path).status for path in PAGES} == {200}
    assert site.post("/api/v1/transactions/", sale(product, "R1"), token).status == 201
    assert Transaction.objects.get().reference == "R1"
    assert "The queue server does not answer" in site.get("/alerts/").body

    site.queue.mend()

    wait_until(lambda: site.ready() == (200, "ready", []), seconds=30)
