"""Benchmarks leave nothing behind of servers of their own, and keep to those that are named."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from benchmarks import servers
from techmart.embedded.local import SERVER_VARIABLES


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The data folders that servers were started on; none really are."""
    folders: list[Path] = []

    @contextmanager
    def local_environment(data: Path) -> Iterator[None]:
        assert data.stat().st_mode & 0o777 == 0o755
        folders.append(data)
        yield

    for name in ("DJANGO_SETTINGS_MODULE", "ALLOWED_HOSTS"):
        monkeypatch.setenv(name, os.environ.get(name, ""))
    monkeypatch.setattr(servers, "local_environment", local_environment)
    monkeypatch.setattr(servers, "use_data_folder", lambda data: None)
    return folders


def test_servers_of_its_own_are_gone_in_the_end(
    started: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in SERVER_VARIABLES:
        monkeypatch.delenv(name, raising=False)

    with servers.bench_servers():
        assert os.environ["DJANGO_SETTINGS_MODULE"] == "benchmarks.settings"
        [data] = started
        (data / "rows").write_text("many", encoding="utf-8")

    assert not data.exists()


@pytest.mark.parametrize(("named_too", "own"), [(True, 0), (False, 1)])
def test_servers_that_are_named_are_used_where_it_may_be(
    started: list[Path], monkeypatch: pytest.MonkeyPatch, named_too: bool, own: int
) -> None:
    for name in SERVER_VARIABLES:
        monkeypatch.setenv(name, "redis://elsewhere")

    with servers.bench_servers(named_too=named_too):
        assert len(started) == own
