"""Page or fragment, and what browsers and proxies may keep of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from techmart.lib import htmx
from techmart.lib.htmx import (
    HtmxHttpRequest,
    region_id,
    render_page,
    see_other,
    wanted_fragment,
)

FRAGMENTS = ("shop/_table.html", "shop/_low_stock.html")


@pytest.fixture(autouse=True)
def templates(tmp_path: Path, settings: Any) -> Iterator[None]:
    """A page with two fragments."""
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "list.html").write_text(
        "<html>{% include 'shop/_table.html' %}</html>", encoding="utf-8"
    )
    (tmp_path / "shop" / "_table.html").write_text(
        "<div id='shop-table'>{{ rows }}{% if is_fragment %} alone{% endif %}</div>",
        encoding="utf-8",
    )
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path]}
    ]
    htmx._templates_digest.cache_clear()
    yield
    htmx._templates_digest.cache_clear()


def request(path: str = "/shop/", **headers: str) -> HtmxHttpRequest:
    made = RequestFactory().get(path, headers={k.replace("_", "-"): v for k, v in headers.items()})
    made.user = AnonymousUser()
    made.htmx = HtmxDetails(made)  # type: ignore[attr-defined]  # as the middleware does
    made._messages = CookieStorage(made)  # type: ignore[attr-defined]  # as the middleware does
    return made  # type: ignore[return-value]  # it has what the class names


def answer(asked: HtmxHttpRequest, **more: Any) -> HttpResponse:
    return render_page(
        asked, "shop/list.html", fragment=FRAGMENTS, context={"rows": "three"}, **more
    )


def test_a_region_is_named_after_its_fragment() -> None:
    assert region_id("inventory/_table.html") == "inventory-table"
    assert region_id("analytics/_low_stock.html") == "analytics-low-stock"


def test_a_browser_gets_the_page() -> None:
    assert answer(request()).content == b"<html><div id='shop-table'>three</div></html>"


def test_htmx_gets_the_region_it_names() -> None:
    asked = request(HX_Request="true", HX_Target="shop-table")

    assert answer(asked).content == b"<div id='shop-table'>three alone</div>"
    assert wanted_fragment(asked, FRAGMENTS) == "shop/_table.html"


@pytest.mark.parametrize(
    "headers",
    [
        {"HX_Request": "true"},
        {"HX_Request": "true", "HX_Target": "other-table"},
        {"HX_Request": "true", "HX_Target": "shop-table", "HX_Boosted": "true"},
        {"HX_Request": "true", "HX_Target": "shop-table", "HX_History_Restore_Request": "true"},
        {"HX_Target": "shop-table"},
    ],
)
def test_everything_else_gets_the_page(headers: dict[str, str]) -> None:
    assert answer(request(**headers)).content.startswith(b"<html>")


def test_caches_tell_page_and_fragment_apart() -> None:
    response = answer(request())

    assert response["Vary"] == "HX-Request, HX-Target, HX-History-Restore-Request, Cookie"
    assert response["Cache-Control"] == "private, no-cache"
    assert "ETag" not in response


def test_pages_about_people_are_not_kept() -> None:
    response = answer(request(), personal=True, data_version="7")

    assert response["Cache-Control"] == "private, no-store"
    assert "ETag" not in response


def test_unchanged_data_answer_304_without_reading_anything() -> None:
    etag = answer(request(), data_version="7")["ETag"]

    def never() -> dict[str, str]:
        raise AssertionError

    response = render_page(
        request(If_None_Match=etag),
        "shop/list.html",
        fragment=FRAGMENTS,
        context=never,
        data_version="7",
    )

    assert (response.status_code, response.content, response["ETag"]) == (304, b"", etag)


def test_a_tag_weakened_by_a_proxy_still_matches() -> None:
    etag = answer(request(), data_version="7")["ETag"]

    assert answer(request(If_None_Match=f"W/{etag}"), data_version="7").status_code == 304


@pytest.mark.parametrize("change", ["data", "fragment", "address", "theme", "token"])
def test_whatever_shapes_the_answer_changes_its_tag(change: str, settings: Any) -> None:
    etag = answer(request(), data_version="7")["ETag"]

    asked = request("/shop/?q=a" if change == "address" else "/shop/", If_None_Match=etag)
    if change == "fragment":
        asked = request(HX_Request="true", HX_Target="shop-table", If_None_Match=etag)
    if change == "theme":
        asked.COOKIES["techmart_theme"] = "dark"
    if change == "token":
        asked.COOKIES[settings.CSRF_COOKIE_NAME] = "another"

    assert answer(asked, data_version="8" if change == "data" else "7").status_code == 200


def test_a_new_release_of_the_templates_changes_the_tag(tmp_path: Path) -> None:
    etag = answer(request(), data_version="7")["ETag"]
    (tmp_path / "shop" / "list.html").write_text("<html>new</html>", encoding="utf-8")
    htmx._templates_digest.cache_clear()

    assert answer(request(If_None_Match=etag), data_version="7").status_code == 200


def test_a_page_with_a_waiting_notice_is_never_304() -> None:
    etag = answer(request(), data_version="7")["ETag"]
    asked = request(If_None_Match=etag)
    asked._messages.add(20, "Saved")  # type: ignore[attr-defined]  # set in request()

    response = answer(asked, data_version="7")

    assert response.status_code == 200
    assert "ETag" not in response


def test_a_fragment_from_the_cache_is_sent_as_it_is() -> None:
    response = render_page(
        request(HX_Request="true", HX_Target="shop-table"),
        "shop/list.html",
        fragment=FRAGMENTS,
        context={"prerendered": {"shop/_table.html": "<div>kept</div>"}},
    )

    assert response.content == b"<div>kept</div>"


def test_a_form_with_errors_keeps_its_status() -> None:
    assert answer(request(), status=422, data_version="7").status_code == 422


@pytest.mark.parametrize(
    ("headers", "status", "where"),
    [
        ({}, 303, "Location"),
        ({"HX_Request": "true"}, 204, "HX-Redirect"),
        ({"HX_Request": "true", "HX_Boosted": "true"}, 303, "Location"),
    ],
)
def test_an_act_leads_on_to_a_page_and_never_into_a_region(
    headers: dict[str, str], status: int, where: str
) -> None:
    response = see_other(request(**headers), "/shop/7/")

    assert (response.status_code, response[where]) == (status, "/shop/7/")
