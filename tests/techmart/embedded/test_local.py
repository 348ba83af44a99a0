"""The environment of a copy that names no servers."""

from pathlib import Path

import pytest

from techmart.embedded.errors import EmbeddedServersError
from techmart.embedded.local import local_secrets, names_servers

ALL = {"DATABASE_URL": "postgresql:///a", "CACHE_URL": "redis://b", "BROKER_URL": "redis://c"}


def test_all_servers_named() -> None:
    assert names_servers(ALL)


def test_no_server_named() -> None:
    assert not names_servers({"CACHE_URL": " "})


def test_some_servers_named_is_a_mistake() -> None:
    with pytest.raises(EmbeddedServersError, match="CACHE_URL and BROKER_URL must be set too"):
        names_servers({"DATABASE_URL": "postgresql:///a"})


def test_secrets_are_made_once_and_kept_for_their_owner(tmp_path: Path) -> None:
    secrets = local_secrets(tmp_path)

    assert local_secrets(tmp_path) == secrets
    assert len(secrets["SECRET_KEY"]) >= 50
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600


def test_two_data_folders_share_no_secret(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert local_secrets(tmp_path / "a") != local_secrets(tmp_path / "b")
