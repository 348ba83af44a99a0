"""Answer 304 when nothing that shapes a page has changed, without making the page."""

import hashlib
import time
from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers

from techmart.lib.cache.backend import CacheUnavailable
from techmart.lib.cache.engine import engine
from techmart.lib.cache.entry import Tag
from techmart.lib.cache.provenance import tracing

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]

# A page also ages without a change: "last 24 hours" moves on. No page is confirmed for longer.
FRESH_SECONDS = 60

CACHE_CONTROL = "private, no-cache"

# What a person's page depends on beside the data; missing attributes count as empty.
VIEWER_ATTRIBUTES = (
    "pk",
    "name",
    "is_staff",
    "is_superuser",
    "theme",
    "density",
    "time_zone",
    "single_key_shortcuts",
    "notices_from",
)
# What a page depends on in the request, beside its address; the cookies hold look and form token.
VARY = ("HX-Request", "HX-Target", "HX-Boosted", "HX-History-Restore-Request", "Cookie")


def data_version(*tags: Tag) -> str | None:
    """Return a text that changes when one of the tags' data does, and each minute.

    None while the cache is away: nobody can say then, so send no ETag. Read it before the data
    it stands for, never after.
    """
    try:
        stamp = engine().generations.current(tags)
    except CacheUnavailable:
        return None
    generations = ",".join((generation or b"").decode() for generation in stamp)
    return f"{generations};{int(time.time() // FRESH_SECONDS)}"


def data_etag(request: HttpRequest, *, tags: tuple[Tag, ...]) -> str | None:
    """Return the ETag of what this person would see here, None when it must not have one.

    From the data's version, the address, who asks, with which role, and all that Vary names: look
    and form token (a page kept from before sign-in would send a dead one) and what HTMX wants.
    Weak, since compression may change the bytes. None while the cache is away, and while a
    message waits to be shown.
    """
    version = None if len(get_messages(request)) else data_version(*tags)
    if version is None:
        return None
    parts = (
        version,
        request.get_full_path(),
        *(getattr(request.user, name, "") for name in VIEWER_ATTRIBUTES),
        *(request.headers.get(name, "") for name in VARY),
    )
    return f'W/"{hashlib.blake2b(repr(parts).encode(), digest_size=16).hexdigest()}"'


def conditional_on(*tags: Tag) -> Callable[[View[P]], View[P]]:
    """Give a function view an ETag from its tags, and answer 304 without running it.

    Goes below `login_required`. The tags must cover all that the page shows; for what it reads
    from the cache this is checked, and UncoveredTags raised. Anything but a GET or HEAD passes
    untouched, and only a 200 carries an ETag: none does that was made from an outdated value.
    """

    def decorate(view: View[P]) -> View[P]:
        @wraps(view)
        def conditional(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
            if request.method not in {"GET", "HEAD"}:
                return view(request, *args, **kwargs)
            # Before the view reads: a change in between makes the next ETag differ.
            etag = data_etag(request, tags=tags)
            if etag is not None:
                unchanged = get_conditional_response(request, etag=etag)
                if unchanged is not None:
                    return _labelled(unchanged, etag)
            with tracing() as trace:
                response = view(request, *args, **kwargs)
            trace.require(tags, user=view.__qualname__)
            if response.status_code != 200:
                return response
            return _labelled(response, None if trace.outdated else etag)

        return conditional

    return decorate


def _labelled(response: HttpResponse, etag: str | None) -> HttpResponse:
    """Set what a 304 must repeat of the 200; a stricter Cache-Control of the view stays."""
    response.headers.setdefault("Cache-Control", CACHE_CONTROL)
    patch_vary_headers(response, VARY)
    if etag is not None:
        response.headers["ETag"] = etag
    return response
