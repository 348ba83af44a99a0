"""What every page shows around its content."""

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import include, path
from django.views.generic import View

from techmart.core import navigation as navigation_module
from techmart.core.context_processors import shell
from techmart.core.models import ShopSettings, User
from techmart.core.navigation import navigation

here = View.as_view()
urlpatterns = [
    path("", include(([path("", here, name="dashboard")], "analytics"))),
    path("transactions/", include(([path("", here, name="list")], "transactions"))),
    path("health/", here, name="health"),
]


@pytest.fixture(autouse=True)
def addresses(settings: Any) -> None:
    """A site with three pages."""
    settings.ROOT_URLCONF = __name__
    navigation_module._address.cache_clear()


def request(path: str = "/", *, staff: bool = False, **profile: str) -> HttpRequest:
    made = RequestFactory().get(path)
    made.user = User(email="a@example.com", is_staff=staff, **profile)
    return made


def test_pages_that_the_site_lacks_are_left_out() -> None:
    items = navigation(request())

    assert [(item.page.key, item.url) for item in items] == [
        ("dashboard", "/"),
        ("transactions", "/transactions/"),
    ]


def test_staff_pages_are_for_staff() -> None:
    assert "health" in {item.page.key for item in navigation(request(staff=True))}


def test_the_dashboard_is_current_on_its_own_page_alone() -> None:
    current = {item.page.key for item in navigation(request("/transactions/7/")) if item.current}

    assert current == {"transactions"}


@pytest.mark.django_db
def test_the_socket_is_on_another_port_or_behind_the_same_origin(settings: Any) -> None:
    settings.LIVE_SAME_ORIGIN, settings.LIVE_PORT = False, 8123
    assert shell(request())["live_url"] == ":8123/ws/live/"

    settings.LIVE_SAME_ORIGIN = True
    assert shell(request())["live_url"] == "/ws/live/"


@pytest.mark.django_db
def test_what_is_simulated_is_named() -> None:
    ShopSettings.objects.create(simulated=["stock", "product.name"])

    values = shell(request())

    assert values["simulated_data"] is True
    assert values["simulated_parts"] == ["product name", "stock"]


@pytest.mark.django_db
def test_a_choice_in_the_browser_comes_before_the_profile() -> None:
    asked = request(theme="dark", density="compact")
    assert (shell(asked)["theme"], shell(asked)["density"]) == ("dark", "compact")

    asked.COOKIES.update(techmart_theme="light", techmart_density="comfortable")
    assert (shell(asked)["theme"], shell(asked)["density"]) == ("light", "")


@pytest.mark.django_db
def test_a_forged_choice_is_ignored() -> None:
    asked = request()
    asked.COOKIES["techmart_theme"] = '"><script>'

    assert shell(asked)["theme"] == ""
