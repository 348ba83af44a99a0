"""The dashboard's page, its panels and its refresh button."""

from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from alerts.context_processors import live_heads
from analytics.dashboard.page import dashboard, head_context, panel_context, view_variant
from analytics.filter_bar import read_filters
from analytics.filters import ReportFilters
from analytics.refresh import RefreshTooSoon, request_refresh
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.whole_pages import content_html, page_html, render_content, rights_of
from techmart.lib.cache import Fragment, Wanted, cached_fragments, variant
from techmart.lib.cache.registry import DASHBOARD_BODY, DASHBOARD_PANEL
from techmart.lib.htmx import render_page, wanted_fragment

PAGE = "analytics/dashboard.html"
WHOLE = "analytics/_panels.html"
LOADING = "analytics/_loading.html"
PANELS = (
    "analytics/_strip.html",
    "analytics/_sales_chart.html",
    "analytics/_decisions.html",
    "analytics/_low_stock.html",
    "analytics/_suggestions.html",
    "analytics/_suspicious.html",
    "analytics/_categories.html",
    "analytics/_top_products.html",
    "analytics/_hourly_chart.html",
    "analytics/_alert_strip.html",
)
FRAGMENTS = (WHOLE, LOADING, *PANELS)


@require_safe
@page_for("transactions.view_transaction")
def show_dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the dashboard, or the panel that htmx asks for."""
    view = _View(request, read_filters(request.GET.dict()), now=timezone.now())
    wanted = wanted_fragment(request, FRAGMENTS)
    if wanted == LOADING:
        return _answer(request, head_context(view.filters, now=view.now))
    if wanted == WHOLE:
        html = content_html(request, view.content())
    elif wanted:
        [html] = cached_fragments(view.panel(wanted))
    else:
        html = page_html(request, PAGE, region=WHOLE, content=view.content(), live_heads=live_heads)
    return _answer(request, {"prerendered": {wanted or PAGE: html}})


@require_POST
@page_for("transactions.view_transaction")
def refresh_dashboard(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Fold and refresh now, once every few seconds a person; answer the panels anew."""
    now = timezone.now()
    try:
        request_refresh(person=request.user, now=now)
    except RefreshTooSoon as error:
        response = HttpResponse(error.detail, status=429, content_type="text/plain")
        response["Retry-After"] = str(error.wait)
        return response
    if not request.htmx:
        return redirect("analytics:dashboard")
    view = _View(request, read_filters(request.GET.dict()), now=timezone.now(), refresh=True)
    return _answer(request, {**head_context(view.filters, now=view.now), **view.values()})


def _answer(request: AuthenticatedHttpRequest, context: dict[str, Any]) -> HttpResponse:
    return render_page(request, PAGE, fragment=FRAGMENTS, context=context, personal=True)


class _View:
    """One person's view of the dashboard, each part made only when the cache lacks it."""

    def __init__(
        self,
        request: AuthenticatedHttpRequest,
        filters: ReportFilters,
        *,
        now: datetime,
        refresh: bool = False,
    ) -> None:
        self.request = request
        self.filters = filters
        self.now = now
        today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
        # What its HTML depends on beside the data: address, day, reader's clock and rights.
        self._vary = {
            "view": view_variant(filters, today),
            "ignored": [list(pair) for pair in filters.ignored],
            "zone": request.user.time_zone,
            "rights": rights_of(request.user),
        }
        figures = lru_cache(maxsize=1)(lambda: dashboard(filters, now=now, refresh=refresh))
        self.values = lru_cache(maxsize=1)(lambda: panel_context(figures(), user=request.user))

    def panel(self, name: str) -> Fragment:
        """Return one panel as the fragment cache keeps it."""
        return Fragment(
            DASHBOARD_PANEL,
            vary={"panel": name, **self._vary},
            render=lambda: render_to_string(name, self.values(), self.request),
        )

    def content(self) -> Wanted[str]:
        """Return the head and all panels as the cache keeps them."""
        return Wanted(DASHBOARD_BODY, {"variant": variant(self._vary)}, self._content)

    def _content(self) -> str:
        html = cached_fragments(*(self.panel(name) for name in PANELS))
        context = {
            **head_context(self.filters, now=self.now),
            "prerendered": dict(zip(PANELS, html, strict=True)),
        }
        return render_content(WHOLE, context, self.request)
