"""How acts on alerts answer: the region they were done in, or without script the page again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme

from alerts import pages
from alerts.context_processors import open_alert_count
from alerts.list_filters import CURSOR, parse_filters
from techmart.core.http import AuthenticatedHttpRequest
from techmart.lib.columns import single_values
from techmart.lib.htmx import add_toast

TABLE = "alerts/_table.html"
DETAIL = "alerts/_detail.html"


def list_context(request: AuthenticatedHttpRequest, query: QueryDict) -> dict[str, Any]:
    """Return what the list shows at an address."""
    return pages.list_context(
        parse_filters(single_values(query)),
        cursor=query.get(CURSOR, ""),
        user=request.user,
        now=timezone.now(),
    )


def query_of(address: str) -> QueryDict:
    """Return the parameters of an address."""
    return QueryDict(urlsplit(address).query)


def next_url(request: AuthenticatedHttpRequest, fallback: str) -> str:
    """Return where the person was: an address of ours in `next`, or the fallback."""
    given = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        given, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return given if ours else fallback


def redirected(
    request: AuthenticatedHttpRequest, address: str, *, notice: str, good: bool
) -> HttpResponse:
    """Answer without script: the page with a notice."""
    tell = messages.success if good else messages.error
    tell(request, notice)
    return HttpResponseRedirect(address, status=303)


def swapped(
    request: AuthenticatedHttpRequest,
    fragment: str,
    context: Mapping[str, Any],
    *,
    status: int,
    notice: str,
) -> HttpResponse:
    """Answer htmx: the region, the counters beside it, and a notice."""
    html = render_to_string(fragment, {**context, "is_fragment": True}, request)
    # Counted anew: a cached number may be a second older than this act.
    counters = {
        "is_fragment": True,
        "oob": True,
        "open_alert_count": open_alert_count(request.user, refresh=True),
    }
    html += render_to_string("alerts/_bell.html", counters, request)
    return no_store(add_toast(HttpResponse(html, status=status), notice, good=status == 200))


def no_store(response: HttpResponse) -> HttpResponse:
    """Keep what is of one person out of the browser's cache."""
    response["Cache-Control"] = "private, no-store"
    return response
