"""What tests of pages share: people with permissions, and what a page or a fragment is."""

import re
from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client

from techmart.core.models import User


def signed_in(*permissions: str, client: Client | None = None, email: str = "") -> Client:
    """Return a client of somebody with these permissions, "app.codename" each."""
    user = User.objects.create_user(email or f"person-{len(permissions)}@example.test", name="Mia")
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(
            Permission.objects.get(content_type__app_label=app, codename=codename)
        )
    client = client or Client()
    client.force_login(user)
    return client


def htmx(region: str) -> dict[str, Any]:
    """Return the headers of a request for one region."""
    return {"headers": {"HX-Request": "true", "HX-Target": region}}


def text_of(response: Any) -> str:
    """Return what a reader sees: without tags, blanks together."""
    assert isinstance(response, HttpResponse)
    html = re.sub(r"<(script|template|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.S)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def row_ids(response: Any, prefix: str) -> list[str]:
    """Return the ids of a table's rows, in order."""
    return re.findall(rf'<tr id="{prefix}-([^"]+)"', response.content.decode())


def is_page(response: Any) -> bool:
    """Return whether the answer is a whole document."""
    return bool(response.content.startswith(b"<!doctype html>"))
