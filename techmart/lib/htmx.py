"""One view, two answers: the whole page, or the fragment that htmx asked for.

A fragment's region is named after its template: `inventory/_table.html` is `#inventory-table`.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.template.loader import render_to_string
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_etags, quote_etag
from django_htmx.middleware import HtmxDetails

from techmart.lib.cache.provenance import tracing

Context = Mapping[str, Any] | Callable[[], Mapping[str, Any]]

VARY = ("HX-Request", "HX-Target", "HX-History-Restore-Request", "Cookie")
THEME_COOKIE = "techmart_theme"
DENSITY_COOKIE = "techmart_density"


class HtmxHttpRequest(HttpRequest):
    """A request that passed django-htmx's middleware."""

    htmx: HtmxDetails


def region_id(fragment: str) -> str:
    """Return the id of a fragment's root element: `analytics/_low_stock.html` is
    `analytics-low-stock`."""
    path = Path(fragment)
    name = path.stem.removeprefix("_").replace("_", "-")
    return f"{path.parent.name}-{name}"


def wanted_fragment(request: HtmxHttpRequest, fragments: str | Iterable[str]) -> str | None:
    """Return the fragment that htmx asks for, None when the whole page is the answer.

    A boosted link, a history restore and a target that is no region of this view get the page.
    """
    htmx = request.htmx
    if not htmx or htmx.boosted or htmx.history_restore_request:
        return None
    known = [fragments] if isinstance(fragments, str) else fragments
    return next((name for name in known if region_id(name) == htmx.target), None)


def render_page(
    request: HtmxHttpRequest,
    page: str,
    *,
    fragment: str | Iterable[str] = (),
    context: Context,
    status: int = 200,
    data_version: str | None = None,
    personal: bool = False,
) -> HttpResponse:
    """Answer with the page, or with one of its fragments when htmx asks for that region.

    context: values of the template, or a function giving them; it is not called for a 304.
    Its `prerendered`, if any, maps fragments to their HTML from the fragment cache.
    data_version: names the state of the data shown. With it the answer carries an ETag, mixed
    with everything else that shapes the page, and a repeated request is answered 304.
    personal: the page shows data of customers, which no browser may keep.
    """
    template = wanted_fragment(request, fragment) or page
    etag = None
    if data_version is not None and not personal and not len(get_messages(request)):
        etag = _etag(request, template, data_version)
        if status == 200 and request.method in {"GET", "HEAD"} and _matches(request, etag):
            return _with_headers(HttpResponseNotModified(), etag=etag, personal=personal)
    with tracing() as trace:
        values = context() if callable(context) else context
        html = values.get("prerendered", {}).get(template)
        if html is None:
            values = {**values, "is_fragment": template != page}
            html = render_to_string(template, values, request=request)
    if trace.outdated:
        # Shown while a newer value is being made: the browser must not keep it as current.
        etag = None
    return _with_headers(HttpResponse(html, status=status), etag=etag, personal=personal)


def see_other(request: HtmxHttpRequest, url: str) -> HttpResponse:
    """Go to another page after an act; htmx would follow a redirect into the form's region."""
    if request.htmx and not request.htmx.boosted:
        return HttpResponse(status=204, headers={"HX-Redirect": url})
    return HttpResponse(status=303, headers={"Location": url})


def push_address(
    request: HtmxHttpRequest, response: HttpResponse, fragments: str | Iterable[str], url: str
) -> HttpResponse:
    """Let the browser show the one address of what it got; returns the response.

    A form writes its fields in its own order, and what was ignored is gone.
    """
    if wanted_fragment(request, fragments) and request.get_full_path() != url:
        response["HX-Push-Url"] = url
    return response


def add_toast(response: HttpResponse, title: str, *, good: bool = True) -> HttpResponse:
    """Let the page say what became of an act, once the fragment stands; returns the response."""
    toast = {
        "tone": "good" if good else "bad",
        "icon": "circle-check" if good else "octagon-alert",
        "title": title,
    }
    response["HX-Trigger"] = json.dumps({"techmart:toast": toast})
    return response


def _with_headers(response: HttpResponse, *, etag: str | None, personal: bool) -> HttpResponse:
    patch_vary_headers(response, VARY)
    response["Cache-Control"] = "private, no-store" if personal else "private, no-cache"
    if etag is not None:
        response["ETag"] = etag
    return response


def _matches(request: HttpRequest, etag: str) -> bool:
    # A proxy that compresses the answer weakens its tag; the page is the same.
    given = parse_etags(request.headers.get("If-None-Match", ""))
    return etag.removeprefix("W/") in {tag.removeprefix("W/") for tag in given}


def _etag(request: HtmxHttpRequest, template: str, data_version: str) -> str:
    """Name what shapes the answer: data, template, person, role, look, and the form token.

    The token's secret is in it because a page kept from before sign-in would post a dead token.
    """
    user = request.user
    parts = (
        data_version,
        request.get_full_path(),
        template,
        _templates_digest(),
        user.pk,
        getattr(user, "is_staff", False),
        getattr(user, "is_superuser", False),
        request.COOKIES.get(THEME_COOKIE, ""),
        request.COOKIES.get(DENSITY_COOKIE, ""),
        request.COOKIES.get(settings.CSRF_COOKIE_NAME, ""),
    )
    return quote_etag(hashlib.sha256(repr(parts).encode()).hexdigest()[:32])


@lru_cache(maxsize=1)
def _templates_digest() -> str:
    """Return a digest of all templates: a release that changes one makes old pages invalid."""
    digest = hashlib.sha256()
    for engine in settings.TEMPLATES:
        for folder in engine.get("DIRS", ()):
            for path in sorted(Path(folder).rglob("*.html")):
                digest.update(path.read_bytes())
    return digest.hexdigest()
