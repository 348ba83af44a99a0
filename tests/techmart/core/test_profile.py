"""One's own profile: what is kept, what this browser follows, what is refused."""

from typing import Any

import pytest
from django.test import Client

from techmart.core.models import User
from tests.pages import signed_in, text_of

pytestmark = pytest.mark.django_db

GIVEN = {
    "name": "Mia Berg",
    "time_zone": "Europe/Berlin",
    "density": "compact",
    "theme": "dark",
    "notices_from": "high",
    "mail_from": "critical",
}


def test_what_is_chosen_is_kept_and_holds_in_this_browser_at_once() -> None:
    client = signed_in()

    answer = client.post("/profile/", GIVEN)

    assert (answer.status_code, answer["Location"]) == (303, "/profile/")
    person = User.objects.get()
    assert {name: getattr(person, name) for name in GIVEN} == GIVEN
    assert person.single_key_shortcuts is False
    assert client.cookies["techmart_theme"].value == "dark"
    assert client.cookies["techmart_density"].value == "compact"
    html = client.get("/profile/").content.decode()
    assert 'data-theme="dark" data-density="compact"' in html
    assert 'data-reader-zone="Europe/Berlin"' in html
    assert 'data-notices-from="high"' in html
    assert 'data-single-keys="off"' in html


def test_the_look_of_the_system_ends_what_the_header_had_chosen() -> None:
    client = signed_in()
    client.cookies["techmart_theme"] = "dark"

    client.post("/profile/", GIVEN | {"theme": "system"})

    assert client.cookies["techmart_theme"].value == ""


def test_a_time_zone_that_does_not_exist_is_refused_with_the_way_out() -> None:
    client = signed_in()

    answer = client.post("/profile/", GIVEN | {"time_zone": "Mars/Olympus"})

    assert answer.status_code == 422
    assert "Choose a time zone of the list." in text_of(answer)
    assert User.objects.get().name == "Mia"


def test_rights_cannot_be_taken_by_the_form() -> None:
    signed_in().post(
        "/profile/", GIVEN | {"is_superuser": "on", "is_staff": "on", "email": "x@y.z"}
    )

    person = User.objects.get()
    assert (person.is_superuser, person.is_staff, person.email) == (
        False,
        False,
        "person-0@example.test",
    )


def test_a_new_password_keeps_this_session_and_ends_the_others() -> None:
    here, elsewhere = signed_in(), Client()
    person = User.objects.get()
    person.set_password("the old long one")
    person.save()
    here.force_login(person)
    elsewhere.force_login(person)

    form = {"old_password": "the old long one"}
    new = {"new_password1": "another long one", "new_password2": "another long one"}
    assert here.post("/profile/password/", form | new).status_code == 302

    assert here.get("/profile/").status_code == 200
    assert elsewhere.get("/profile/").status_code == 302


def test_a_wrong_old_password_is_said() -> None:
    answer = signed_in().post("/profile/password/", {"old_password": "no"})

    assert answer.status_code == 422
    assert "entered incorrectly" in text_of(answer)


def test_the_page_asks_few_questions(django_assert_max_num_queries: Any) -> None:
    client = signed_in()
    client.get("/profile/")

    # Session, person, the row of the form, groups, permissions twice, shop, counters.
    with django_assert_max_num_queries(9):
        client.get("/profile/")
