"""The demo's staff login."""

from pathlib import Path

import pytest

from techmart.core.models import User
from techmart.supervisor.login import EMAIL, ensure_login

pytestmark = pytest.mark.django_db


def test_the_password_is_generated_once_and_kept_for_its_owner(tmp_path: Path) -> None:
    login = ensure_login(tmp_path)

    assert login.email == EMAIL
    assert len(login.password) >= 16
    assert ensure_login(tmp_path) == login
    assert (tmp_path / "login.json").stat().st_mode & 0o777 == 0o600


def test_the_login_is_staff_and_signs_in(tmp_path: Path) -> None:
    login = ensure_login(tmp_path)

    user = User.objects.get(email=EMAIL)
    assert user.is_staff
    assert user.check_password(login.password)


def test_a_password_the_person_chose_stays(tmp_path: Path) -> None:
    ensure_login(tmp_path)
    user = User.objects.get(email=EMAIL)
    user.set_password("chosen by hand")
    user.save()

    assert ensure_login(tmp_path).password == ""
    user.refresh_from_db()
    assert user.check_password("chosen by hand")
