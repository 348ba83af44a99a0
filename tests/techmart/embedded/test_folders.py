"""Where a copy keeps its data and sockets."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from techmart.embedded import folders
from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.folders import (
    LONGEST_SOCKET_PATH,
    MARKER,
    data_folder,
    prepare_data_folder,
    prepare_socket_folder,
    socket_folder,
)


def test_the_environment_names_the_data_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TECHMART_DATA", "/srv/shop/../shop-2")

    assert data_folder() == Path("/srv/shop-2")


def test_a_plain_user_keeps_data_in_the_project(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TECHMART_DATA", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert data_folder() == folders.REPOSITORY / "var" / "data"


def test_root_keeps_data_out_of_closed_folders(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    (home / "project").mkdir(parents=True)
    home.chmod(0o700)
    monkeypatch.delenv("TECHMART_DATA", raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(folders, "REPOSITORY", home / "project")

    assert data_folder().parent == Path("/var/lib/techmart")


def test_a_new_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    data = tmp_path / "one" / "two"

    prepare_data_folder(data)

    assert data.stat().st_mode & 0o777 == 0o700


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("the only copy")
    tmp_path.chmod(0o755)

    with pytest.raises(EmbeddedServersError, match="not a data folder of TechMart"):
        prepare_data_folder(tmp_path)

    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_two_that_make_a_folder_at_once_both_may_use_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = tmp_path / "data"
    read = Path.iterdir

    def read_after_another_came(folder: Path) -> Iterator[Path]:
        monkeypatch.setattr(Path, "iterdir", read)
        prepare_data_folder(data)
        return read(folder)

    monkeypatch.setattr(Path, "iterdir", read_after_another_came)

    prepare_data_folder(data)

    assert {path.name for path in data.iterdir()} == {MARKER, "log"}


def test_a_file_in_the_way_is_said(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")

    with pytest.raises(EmbeddedServersError, match="Set TECHMART_DATA"):
        prepare_data_folder(tmp_path / "data")


def test_sockets_lie_in_a_short_data_folder() -> None:
    assert socket_folder(Path("/srv/shop")) == Path("/srv/shop/run")


@pytest.mark.parametrize("name", ["x" * 90, "name with spaces", "prix-réduits"])
def test_sockets_leave_a_long_or_odd_data_folder(name: str) -> None:
    folder = socket_folder(Path("/srv") / name)

    assert folder.parent == Path("/tmp")
    assert len(str(folder / "pg" / ".s.PGSQL.5432.lock")) <= LONGEST_SOCKET_PATH


def test_two_long_data_folders_share_no_sockets() -> None:
    assert socket_folder(Path("/srv/" + "x" * 90)) != socket_folder(Path("/srv/" + "y" * 90))


def test_a_socket_folder_that_somebody_else_planted_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "run").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(EmbeddedServersError, match="belongs to somebody else"):
        prepare_socket_folder(tmp_path / "run")
