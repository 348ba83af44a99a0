"""Shops of an earlier run are measured again only when they are whole and of the size asked for."""

import subprocess
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg.conninfo import make_conninfo

from benchmarks.__main__ import PARTS, read_options
from benchmarks.shops import find_shop, make_shop


@pytest.fixture
def server(db: None) -> str:
    """The address of the tests' own database."""
    settings = connection.settings_dict
    named = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST"}
    given = {name: settings[key] for name, key in named.items() if settings[key]}
    return make_conninfo(**given, port=settings["PORT"] or None)


@pytest.fixture
def shop(server: str) -> Iterator[str]:
    """A name for a database, which is dropped in the end."""
    name = f"bench_{connection.settings_dict['NAME']}"
    yield name
    with psycopg.connect(server, autocommit=True) as own:
        own.execute(f"DROP DATABASE IF EXISTS {name}")


def test_a_filled_shop_is_found_in_its_size_alone(
    server: str, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled: list[tuple[list[str], str]] = []

    def fill(command: list[str], *, env: dict[str, str], **_: Any) -> None:
        filled.append((command[-2:], env["DATABASE_URL"]))

    monkeypatch.setattr(subprocess, "run", fill)
    made = make_shop(server, shop, days=400, scale=2.5, own_server=False)

    assert filled == [(["400", "2.5"], made)]
    assert find_shop(server, shop, days=400, scale=2.5) == made
    with pytest.raises(SystemExit, match=r"holds 400 days at scale 2\.5, not 400 days at scale 50"):
        find_shop(server, shop, days=400, scale=50)


def test_a_shop_whose_filling_failed_is_not_found(
    server: str, shop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(command: list[str], **_: Any) -> None:
        raise subprocess.CalledProcessError(1, command)

    monkeypatch.setattr(subprocess, "run", fail)
    with pytest.raises(subprocess.CalledProcessError):
        make_shop(server, shop, days=400, scale=1, own_server=False)

    with pytest.raises(SystemExit, match="no whole shop"):
        find_shop(server, shop, days=400, scale=1)


def test_a_shop_that_is_not_there_is_not_found(server: str, shop: str) -> None:
    with pytest.raises(SystemExit, match="fill it anew without --filled"):
        find_shop(server, shop, days=400, scale=1)


def test_all_parts_unless_some_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert read_options([]).parts == list(PARTS)
    assert read_options(["--filled", "views"]).parts == ["views"]
    with pytest.raises(SystemExit):
        read_options(["view"])
    assert "no part view; there are views, lists" in capsys.readouterr().err
