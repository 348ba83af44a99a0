"""Whom PostgreSQL runs as."""

import os
from pathlib import Path

import pytest

from techmart.embedded.accounts import Account, account_for, can_reach

SOMEBODY = Account("somebody", uid=54_321, gid=54_321)


def test_a_plain_user_runs_it_themselves(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    assert account_for(tmp_path / "pg") is None


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs it as somebody else")
def test_a_cluster_stays_with_its_owner(tmp_path: Path) -> None:
    (tmp_path / "pg").mkdir()
    os.chown(tmp_path / "pg", 65_534, 65_534)

    account = account_for(tmp_path / "pg")

    assert account
    assert account.uid == 65_534


def test_a_closed_folder_above_cannot_be_passed(tmp_path: Path) -> None:
    inner = tmp_path / "closed" / "inner"
    inner.mkdir(parents=True)
    (tmp_path / "closed").chmod(0o700)

    assert not can_reach(SOMEBODY, inner)


def test_an_open_folder_can_be_reached() -> None:
    assert can_reach(SOMEBODY, Path("/usr/bin"))
