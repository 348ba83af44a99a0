"""Which commands start servers, and which start nothing."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from techmart.embedded.folders import REPOSITORY
from techmart.embedded.local import SERVER_VARIABLES


@pytest.fixture
def data() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tm-", dir="/tmp") as parent:
        Path(parent).chmod(0o755)
        yield Path(parent) / "data"


def manage(data: Path, *arguments: str, **given: str) -> "subprocess.CompletedProcess[str]":
    dropped = {*SERVER_VARIABLES, "DEBUG", "SECRET_KEY"}
    kept = {name: value for name, value in os.environ.items() if name not in dropped}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=REPOSITORY,
        env={**kept, "TECHMART_DATA": str(data), **given},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("check",),
        ("makemigrations", "--check", "--dry-run"),
        ("collectstatic", "--dry-run", "--noinput", "--verbosity", "0"),
        ("migrate", "--help"),
        ("help",),
        (),
    ],
    ids=lambda arguments: " ".join(arguments) or "nothing",
)
def test_offline_commands_start_nothing_and_warn_of_nothing(
    data: Path, arguments: tuple[str, ...]
) -> None:
    done = manage(data, *arguments)

    assert (done.returncode, done.stderr) == (0, "")
    assert not data.exists()


def test_other_commands_use_embedded_servers_while_they_run(data: Path) -> None:
    script = "from django.db import connection as c; c.ensure_connection(); print(c.vendor)"

    done = manage(data, "shell", "--no-imports", "--command", script)

    assert (done.stdout, done.returncode) == ("postgresql\n", 0), done.stderr
    assert (data / "pg" / "PG_VERSION").exists()
    assert not (data / "pg" / "postmaster.pid").exists()


def test_named_servers_are_used_and_nothing_is_started(data: Path) -> None:
    ours = {name: os.environ[name] for name in SERVER_VARIABLES}
    script = "from django.db import connection as c; c.ensure_connection(); print(c.vendor)"
    ours["DATABASE_URL"] = ours["DATABASE_URL"].replace("/techmart?", "/postgres?")

    done = manage(
        data, "shell", "--no-imports", "--command", script, **ours, SECRET_KEY="of a test"
    )

    assert (done.stdout, done.returncode) == ("postgresql\n", 0), done.stderr
    assert not data.exists()


def test_some_named_servers_are_refused(data: Path) -> None:
    done = manage(data, "migrate", DATABASE_URL="postgresql:///nowhere")

    assert done.returncode == 1
    assert "CACHE_URL and BROKER_URL must be set too" in done.stderr
    assert "Traceback" not in done.stderr
