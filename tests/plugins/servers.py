"""Servers for the tests: real ones, of each run's own, up before Django reads its settings.

Loaded with `-p` from pyproject.toml, because pytest-django sets Django up before any conftest.py
is read. DATABASE_URL, CACHE_URL and BROKER_URL, when set, are used instead.
"""

import os
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.local import names_servers
from techmart.embedded.servers import use_servers

_servers = ExitStack()
_STARTS_NOTHING = {"-h", "--help", "-V", "--version", "--fixtures", "--markers"}


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(args: list[str]) -> None:
    """Set the environment that the settings are read from."""
    os.environ.setdefault("DEBUG", "1")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    # Each worker writes to keys and channels of its own; pytest-django names its database so.
    for name in ("CACHE_PREFIX", "CHANNEL_PREFIX"):
        if worker or name not in os.environ:
            os.environ[name] = f"test-{os.getpid()}"
    # Two runs at the same time on servers given by the environment must not share a database.
    os.environ.setdefault("TEST_DATABASE_NAME", f"test_techmart_{os.getpid()}")
    try:
        given = names_servers(os.environ)
    except EmbeddedServersError as error:
        raise pytest.UsageError(str(error)) from error
    if given or _STARTS_NOTHING.intersection(args):
        return
    # A short path in the system's own place: sockets and PostgreSQL's account must reach it.
    data = Path(tempfile.mkdtemp(prefix="techmart-tests-", dir="/tmp"))
    os.environ.update(_servers.enter_context(use_servers(data, throwaway=True)).environment())


def pytest_unconfigure() -> None:
    """Let the servers go; workers never hold them."""
    _servers.close()
