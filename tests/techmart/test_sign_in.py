"""Signing in by e-mail, and setting a forgotten password."""

import re
from typing import Any

import pytest
from django.core import mail
from django.test import Client

from techmart.core.models import User
from tests.mail_server import running_mail_server

pytestmark = pytest.mark.django_db

ADDRESS = "sofia@example.com"
PASSWORD = "a long enough one"


@pytest.fixture
def person() -> User:
    return User.objects.create_user(ADDRESS, PASSWORD)


def test_an_address_in_any_letter_case_signs_in(client: Client, person: User) -> None:
    response = client.post("/login/", {"username": "Sofia@Example.com", "password": PASSWORD})

    assert (response.status_code, response["Location"]) == (302, "/")
    assert client.session["_auth_user_id"] == str(person.pk)


@pytest.mark.parametrize(
    ("address", "password"), [(ADDRESS, "wrong"), ("nobody@example.com", PASSWORD), ("", "")]
)
def test_any_wrong_attempt_looks_the_same(
    client: Client, person: User, address: str, password: str
) -> None:
    response = client.post("/login/", {"username": address, "password": password})

    assert response.status_code == 422
    assert b"do not match an active account" in response.content
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_set_by_a_link(client: Client, person: User) -> None:
    client.post("/password/", {"email": ADDRESS})
    link = re.search(r"http://testserver(/password/\S+)", str(mail.outbox[0].body))
    assert link is not None
    form = client.get(link[1], follow=True)
    client.post(
        form.request["PATH_INFO"],
        {"new_password1": "another long one", "new_password2": "another long one"},
    )

    person.refresh_from_db()
    assert person.check_password("another long one")
    assert client.get(link[1], follow=True).content.count(b"no longer works") == 1


def test_the_link_goes_through_a_mail_server(client: Client, person: User, settings: Any) -> None:
    with running_mail_server(settings) as box:
        client.post("/password/", {"email": ADDRESS})

    [(recipients, letter)] = box.letters
    assert recipients == [ADDRESS]
    assert letter["Subject"] == "Your TechMart password"
    assert "/password/" in letter.get_content()


def test_an_unknown_address_gets_the_same_answer_and_no_mail(client: Client) -> None:
    response = client.post("/password/", {"email": "nobody@example.com"})

    assert response["Location"] == "/password/sent/"
    assert mail.outbox == []


def test_signing_out_takes_a_post(client: Client, person: User) -> None:
    client.force_login(person)

    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/")["Location"] == "/login/"
