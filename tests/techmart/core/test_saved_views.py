"""Views of lists: kept by name, shared, opened by themselves."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from techmart.core.models import SavedView, User
from techmart.core.saved_views import services
from tests.alerts.factories import make_user
from tests.analytics.factories import NOW

pytestmark = pytest.mark.django_db

FRAGMENT = {"HX-Request": "true", "HX-Target": "core-views"}


def person(email: str = "ana@example.com") -> User:
    return make_user(email, "transactions.view_transaction", "alerts.view_alert")


@pytest.fixture
def ana() -> User:
    return person()


@pytest.fixture
def page(client: Client, ana: User) -> Client:
    client.force_login(ana, backend="django.contrib.auth.backends.ModelBackend")
    return client


def keep(user: User, name: str = "Big ones", **changes: Any) -> SavedView:
    given: dict[str, Any] = {
        "key": "transactions",
        "name": name,
        "query": "amount_min=500",
        "shared": False,
        "is_default": False,
        "user": user,
        "now": NOW,
    }
    return services.save_view(**{**given, **changes})


def test_a_view_is_kept_without_the_place_in_the_list(page: Client) -> None:
    answer = page.post(
        "/views/transactions/",
        {"name": "  Big   ones ", "query": "amount_min=500&sort=-amount&after=abc", "shared": "on"},
    )

    assert answer.status_code == 303
    assert answer["Location"] == "/transactions/?amount_min=500&sort=-amount"
    view = SavedView.objects.get()
    assert (view.name, view.query, view.shared) == ("Big ones", "amount_min=500&sort=-amount", True)


def test_the_menu_is_a_fragment_with_own_and_shared_views(page: Client, ana: User) -> None:
    eve = person("eve@example.com")
    keep(ana)
    keep(eve, "Hers")
    keep(eve, "For all", shared=True)
    keep(ana, "Of alerts", key="alerts")

    menu = page.get("/views/transactions/?query=sort%3Damount", headers=FRAGMENT).content.decode()

    assert "<!doctype" not in menu
    assert "Big ones" in menu
    assert "For all" in menu
    assert "Hers" not in menu
    assert "Of alerts" not in menu
    assert 'value="sort=amount"' in menu
    assert menu.count("Remove ") == 1


def test_a_list_opens_with_the_persons_default(page: Client, ana: User) -> None:
    assert page.get("/transactions/").status_code == 200
    first = keep(ana, is_default=True)
    second = keep(ana, "Newest", query="sort=timestamp", is_default=True)
    first.refresh_from_db()
    assert not first.is_default

    opened = page.get("/transactions/")
    assert (opened.status_code, opened["Location"]) == (302, "/transactions/?sort=timestamp")
    # "Clear filters", an address with filters and a fragment are taken at their word.
    cleared = page.get("/transactions/", headers={"Referer": "http://testserver/transactions/?q=x"})
    assert cleared.status_code == 200
    assert page.get("/transactions/?sort=amount").status_code == 200
    assert page.get("/transactions/", headers={"HX-Request": "true"}).status_code == 200

    page.post(f"/views/{second.pk}/change/", {"act": "undefault"})
    assert page.get("/transactions/").status_code == 200


def test_refusals_keep_what_was_typed(page: Client, ana: User) -> None:
    keep(ana)
    for typed, said in (("Big ones", "You have a view named Big ones already."), ("  ", "a name")):
        answer = page.post(
            "/views/transactions/", {"name": typed, "query": "q=x"}, headers=FRAGMENT
        )
        assert answer.status_code == 422
        assert said in answer.content.decode()
        assert 'value="q=x"' in answer.content.decode()
    assert SavedView.objects.count() == 1


def test_views_of_others_and_lists_out_of_reach_are_not_there(page: Client) -> None:
    view = keep(person("eve@example.com"), shared=True)
    assert page.post(f"/views/{view.pk}/change/", {"act": "delete"}).status_code == 404
    assert page.get("/views/inventory/").status_code == 404
    assert page.post("/views/nothing/", {"name": "x"}).status_code == 404
    assert SavedView.objects.count() == 1


def test_a_view_is_removed_and_the_page_costs_the_same_for_many(page: Client, ana: User) -> None:
    view = keep(ana)
    page.get("/views/transactions/")
    with CaptureQueriesContext(connection) as few:
        page.get("/views/transactions/")
    for number in range(10):
        keep(ana, f"View {number}")
    with CaptureQueriesContext(connection) as many:
        page.get("/views/transactions/")
    assert len(many) == len(few)

    page.post(f"/views/{view.pk}/change/", {"act": "delete"})
    assert not SavedView.objects.filter(pk=view.pk).exists()
