"""Every list that can be exported: its file takes what its page takes, no more and no less."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from techmart.core.exports.registry import ListNotPermitted, find, offered_to
from techmart.core.models import User
from tests.pages import signed_in

pytestmark = pytest.mark.django_db


def pages() -> set[tuple[str, str]]:
    """Return the page and the permission of every list, its page being of nothing there is."""
    everything = offered_to(User(is_superuser=True, is_active=True))
    return {(re.sub(r"\{\w+\}", "0", listed.path), listed.permission) for listed in everything}


def test_no_list_is_offered_without_its_permission() -> None:
    signed_in(email="mia@example.test")
    mia = User.objects.get(email="mia@example.test")

    assert offered_to(mia) == []
    for listed in offered_to(User(is_superuser=True, is_active=True)):
        with pytest.raises(ListNotPermitted):
            find(listed.key, mia)


def test_a_page_takes_no_less_than_its_file() -> None:
    client = signed_in(email="mia@example.test")
    mia = User.objects.get(email="mia@example.test")
    opened = []
    for path, permission in pages():
        app, codename = permission.split(".")
        mia.user_permissions.set(
            Permission.objects.exclude(content_type__app_label=app, codename=codename)
        )
        opened += [path] if client.get(path).status_code != 403 else []

    assert opened == []


def test_a_page_takes_no_more_than_its_file(client: Client) -> None:
    refused = [
        path
        for at, (path, permission) in enumerate(sorted(pages()))
        if signed_in(permission, client=client, email=f"p{at}@example.test").get(path).status_code
        not in {200, 404}
    ]

    assert refused == []
