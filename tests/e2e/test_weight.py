"""What pages cost to load, over a real connection: the first one, and each one after it."""

import gzip

import pytest
from playwright.sync_api import Page, Request

from tests.e2e.windows import Windows

FIRST_LOAD_BYTES = 120 * 1024
LATER_BYTES = 30 * 1024
LATER = (
    "/transactions/",
    "/transactions/review/",
    "/inventory/",
    "/inventory/products/P-028/",
    "/inventory/suggestions/",
    "/analytics/",
    "/analytics/products/",
    "/analytics/customers/",
    "/alerts/",
    "/health/",
    "/profile/",
)


def _load(page: Page, path: str) -> dict[str, int]:
    """Open a page; return the bytes of each answer that came over the connection."""
    done: list[Request] = []

    def note(request: Request) -> None:
        done.append(request)

    page.on("requestfinished", note)
    page.goto(path, wait_until="networkidle")
    page.remove_listener("requestfinished", note)
    return {request.url: _bytes(request) for request in done}


def _bytes(request: Request) -> int:
    """Return the size as sent; a page is taken as a proxy sends it, which compresses pages."""
    response = request.response()
    if response is None or response.status == 304 or not request.url.startswith("http"):
        return 0
    if "text/html" in response.headers.get("content-type", ""):
        return len(gzip.compress(response.body(), 6))
    return int(request.sizes()["responseBodySize"])


def test_the_first_load_of_the_dashboard_is_light(windows: Windows) -> None:
    loaded = _load(windows.open().new_page(), "/")

    assert any("app" in url and url.endswith(".js") for url in loaded), loaded
    assert any(url.endswith(".woff2") for url in loaded), loaded
    assert 0 < sum(loaded.values()) <= FIRST_LOAD_BYTES, loaded


@pytest.mark.parametrize("path", LATER)
def test_later_pages_bring_little_but_themselves(windows: Windows, path: str) -> None:
    page = windows.open().new_page()
    _load(page, "/")

    loaded = _load(page, path)

    assert any(url.endswith(path) for url in loaded), loaded
    assert 0 < sum(loaded.values()) <= LATER_BYTES, loaded
