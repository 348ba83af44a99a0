"""A whole page from the cache in one round trip: its content, and what one person sees around it.

Rendering is the larger cost of a page, so both pieces are kept as HTML. What belongs to one
request alone (form token, live cursors) is not in them: marks stand in its place until the page is
put together. Marks are derived from the secret key, so that no text of the shop can spell one.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.crypto import salted_hmac
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from techmart.core.exports.notice import tell_of_files
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.models import User
from techmart.core.templatetags.techmart_format import as_json
from techmart.lib.cache import Wanted, get_each, get_or_compute, variant
from techmart.lib.cache.conditional import VIEWER_ATTRIBUTES
from techmart.lib.cache.registry import LIVE_HEADS, PAGE_SHELL
from techmart.lib.htmx import DENSITY_COOKIE, THEME_COOKIE

Heads = Callable[[], Mapping[str, Any]]


def rights_of(user: User) -> str:
    """Name what a person may do: people with the same permissions see the same."""
    return "all" if user.is_superuser else ",".join(sorted(user.get_all_permissions()))


def render_content(template: str, context: Mapping[str, Any], request: HttpRequest) -> str:
    """Render a page's content for the cache, without anything of this request."""
    return render_to_string(template, {**context, "csrf_token": _mark("token")}, request)


def content_html(request: HttpRequest, content: Wanted[str]) -> SafeString:
    """Return a page's content for this request: what htmx asks for when it asks for all of it.

    content: made by `render_content`.
    """
    html = get_or_compute(content.entry, content.params, content.compute).value
    return _for_request(html, request)


def page_html(
    request: AuthenticatedHttpRequest,
    page: str,
    *,
    region: str,
    content: Wanted[str],
    live_heads: Heads,
    context: Mapping[str, Any] | None = None,
) -> SafeString:
    """Return the whole page for this request.

    page: a template whose main block is `{% panel region %}`. content: that region, made by
    `render_content`. context: what the page shows outside it; the same for all at one address.
    """
    around = dict(context or {})
    # Also for a notice that comes while the shell is made: it waits for the next page.
    without_notices = {**around, "messages": ()}
    wanted: list[Wanted[Any]] = [content, Wanted(LIVE_HEADS, {}, live_heads)]
    tell_of_files(request)
    # A notice is shown once, to one person.
    kept_shell = not len(get_messages(request))
    if kept_shell:
        key = {"variant": variant(_shell_variant(request, page, around))}
        wanted.append(
            Wanted(PAGE_SHELL, key, lambda: _shell(request, page, region, without_notices))
        )
    inside, cursors, *shells = (cached.value for cached in get_each(wanted))
    outside = shells[0] if kept_shell else _shell(request, page, region, around)
    html = outside.replace(_quoted(_mark("heads")), escape(as_json(cursors)))
    return _for_request(html.replace(_mark("content"), inside), request)


def _shell(request: HttpRequest, page: str, region: str, context: Mapping[str, Any]) -> str:
    return render_to_string(
        page,
        {
            **context,
            "csrf_token": _mark("token"),
            "live_heads": _mark("heads"),
            "prerendered": {region: _mark("content")},
        },
        request,
    )


def _shell_variant(
    request: AuthenticatedHttpRequest, page: str, context: Mapping[str, Any]
) -> dict[str, object]:
    """Return all that shapes what stands around the content."""
    user = request.user
    return {
        "page": page,
        "path": request.path,
        "context": repr(sorted(context.items())),
        "viewer": [str(getattr(user, name, "")) for name in (*VIEWER_ATTRIBUTES, "email")],
        "rights": rights_of(user),
        "look": [request.COOKIES.get(name, "") for name in (THEME_COOKIE, DENSITY_COOKIE)],
    }


def _for_request(html: str, request: HttpRequest) -> SafeString:
    # Templates escaped it, and a token has letters and digits only.
    return mark_safe(html.replace(_mark("token"), get_token(request)))  # noqa: S308


@lru_cache(maxsize=3)
def _mark(name: str) -> str:
    return salted_hmac("techmart.core.whole_pages", name).hexdigest()


def _quoted(mark: str) -> str:
    """Return a mark as a template writes it into a JSON attribute."""
    return f"&quot;{mark}&quot;"
