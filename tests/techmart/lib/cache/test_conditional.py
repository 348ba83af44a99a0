from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import cast

import pytest
from django.contrib.messages import INFO
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django_htmx.middleware import HtmxDetails

from techmart.lib.cache import Tag, bump, conditional_on, data_version, get_or_compute
from techmart.lib.cache import conditional as conditional_module
from techmart.lib.cache.backend import default_backend
from techmart.lib.cache.engine import engine
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.cache.provenance import UncoveredTags
from techmart.lib.cache.singleflight import FlightLock
from techmart.lib.htmx import HtmxHttpRequest, render_page
from tests.techmart.lib.cache.conftest import Clock

OVERVIEW = CacheEntry("dashboard:overview:24h", ttl=300, tags=(Tag.DASHBOARD,))


@pytest.fixture(autouse=True)
def _fixed_minute(default_cache: str, clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of these use Django's default cache, within one minute."""
    monkeypatch.setattr(conditional_module, "time", SimpleNamespace(time=clock))


@conditional_on(Tag.DASHBOARD, Tag.ALERTS)
def page(request: HttpRequest, number: int = 1) -> HttpResponse:
    return HttpResponse(f"page {number}")


def asked(
    path: str = "/",
    *,
    user: dict[str, object] | None = None,
    messages: tuple[str, ...] = (),
    **headers: str,
) -> HttpRequest:
    request = RequestFactory().get(
        path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )
    # As the two middlewares do.
    request.user = SimpleNamespace(**{"pk": 1, "theme": "dark", **(user or {})})  # type: ignore[assignment]
    storage = CookieStorage(request)
    for message in messages:
        storage.add(INFO, message)
    request._messages = storage  # type: ignore[attr-defined]
    return request


@contextmanager
def another_computing() -> Iterator[None]:
    """The overview is outdated, and another reader is computing it."""
    get_or_compute(OVERVIEW, {}, lambda: "old")
    bump(Tag.DASHBOARD)
    redis = default_backend().redis
    stamp = engine().generations.current(OVERVIEW.tags)
    lock = FlightLock.of(default_backend().make_key(OVERVIEW.name), stamp, seconds=10)
    lock.take(redis)
    yield
    lock.release(redis)


def etag_of(request: HttpRequest) -> str:
    return page(request).headers["ETag"]


def test_unchanged_page_is_answered_304_without_the_view() -> None:
    calls = []

    @conditional_on(Tag.DASHBOARD)
    def counted(request: HttpRequest) -> HttpResponse:
        calls.append(request)
        return HttpResponse("page")

    first = counted(asked())
    second = counted(asked(if_none_match=first.headers["ETag"]))

    assert (first.status_code, first.content) == (200, b"page")
    assert (second.status_code, second.content) == (304, b"")
    assert len(calls) == 1


def test_304_repeats_what_a_browser_must_know() -> None:
    first = page(asked())
    second = page(asked(if_none_match=first.headers["ETag"]))

    for response in (first, second):
        assert response.headers["Cache-Control"] == "private, no-cache"
        assert response.headers["ETag"] == first.headers["ETag"]
        assert {"HX-Request", "HX-Target", "Cookie"} <= set(response.headers["Vary"].split(", "))


def test_tag_is_weak_since_compression_changes_the_bytes() -> None:
    assert etag_of(asked()).startswith('W/"')


@pytest.mark.parametrize("tag", [Tag.DASHBOARD, Tag.ALERTS])
def test_change_of_a_tag_gives_the_page_anew(tag: Tag) -> None:
    before = etag_of(asked())

    bump(tag)

    assert page(asked(if_none_match=before)).status_code == 200


def test_change_of_another_tag_does_not() -> None:
    before = etag_of(asked())

    bump(Tag.CUSTOMERS)

    assert page(asked(if_none_match=before)).status_code == 304


@pytest.mark.parametrize(
    "other",
    [
        asked("/?page=2"),
        asked(user={"pk": 2}),
        asked(user={"is_staff": True}),
        asked(user={"theme": "light"}),
        asked(user={"density": "compact"}),
        asked(user={"time_zone": "Europe/Berlin"}),
        asked(hx_request="true"),
        asked(hx_target="analytics-panels"),
        asked(cookie="techmart_csrf_8000=another"),
    ],
    ids=["query", "person", "role", "theme", "density", "zone", "htmx", "target", "cookie"],
)
def test_tag_tells_apart_all_that_shapes_a_page(other: HttpRequest) -> None:
    assert etag_of(other) != etag_of(asked())


def test_page_is_not_confirmed_beyond_its_minute(clock: Clock) -> None:
    before = etag_of(asked())

    clock.now += 59
    assert page(asked(if_none_match=before)).status_code == 304
    clock.now += 1
    assert page(asked(if_none_match=before)).status_code == 200


def test_waiting_message_is_shown() -> None:
    before = etag_of(asked())

    response = page(asked(if_none_match=before, messages=("Saved.",)))

    assert response.status_code == 200
    assert "ETag" not in response.headers


def test_page_made_of_an_outdated_value_has_no_tag() -> None:
    @conditional_on(Tag.DASHBOARD)
    def overview(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_or_compute(OVERVIEW, {}, lambda: "new").value)

    with another_computing():
        outdated = overview(asked())
    current = overview(asked())

    assert (outdated.content, "ETag" in outdated.headers) == (b"old", False)
    assert (current.content, "ETag" in current.headers) == (b"new", True)


def test_page_must_name_the_tags_of_what_it_shows() -> None:
    @conditional_on(Tag.ALERTS)
    def overview(request: HttpRequest) -> HttpResponse:
        return HttpResponse(get_or_compute(OVERVIEW, {}, lambda: "new").value)

    with pytest.raises(UncoveredTags, match="dashboard"):
        overview(asked())


def test_only_a_page_that_worked_has_a_tag() -> None:
    @conditional_on(Tag.DASHBOARD)
    def gone(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=404)

    assert "ETag" not in gone(asked()).headers


def test_post_passes_untouched() -> None:
    request = asked(if_none_match=etag_of(asked()))
    request.method = "POST"

    response = page(request, number=2)

    assert (response.content, "ETag" in response.headers) == (b"page 2", False)


def test_stricter_cache_control_of_the_view_stays() -> None:
    @conditional_on(Tag.DASHBOARD)
    def secret(request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "private, no-store"})

    assert secret(asked()).headers["Cache-Control"] == "private, no-store"


def test_version_of_data_changes_with_it() -> None:
    before = data_version(Tag.SALES)
    assert data_version(Tag.SALES) == before

    bump(Tag.SALES)

    assert data_version(Tag.SALES) != before


def test_rendered_page_made_of_an_outdated_value_has_no_tag() -> None:
    def context() -> dict[str, object]:
        return {"prerendered": {"page.html": get_or_compute(OVERVIEW, {}, lambda: "new").value}}

    def rendered() -> HttpResponse:
        request = cast("HtmxHttpRequest", asked())
        request.htmx = HtmxDetails(request)
        return render_page(request, "page.html", context=context, data_version="1")

    with another_computing():
        outdated = rendered()
    current = rendered()

    assert (outdated.content, "ETag" in outdated.headers) == (b"old", False)
    assert (current.content, "ETag" in current.headers) == (b"new", True)
