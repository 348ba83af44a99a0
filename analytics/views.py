"""The dashboard's page, its panels and its refresh button."""

from datetime import datetime
from functools import lru_cache

from django.http import HttpResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics.dashboard.filters import DashboardFilters
from analytics.dashboard.page import (
    dashboard,
    head_context,
    panel_context,
    panel_variant,
    read_filters,
)
from analytics.refresh import RefreshTooSoon, request_refresh
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.lib.cache import Fragment, cached_fragments
from techmart.lib.cache.registry import DASHBOARD_PANEL
from techmart.lib.htmx import render_page, wanted_fragment

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
    return _page(request, read_filters(request.GET.dict()), now=timezone.now())


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
    return _page(request, read_filters(request.GET.dict()), now=timezone.now(), refresh=True)


def _page(
    request: AuthenticatedHttpRequest,
    filters: DashboardFilters,
    *,
    now: datetime,
    refresh: bool = False,
) -> HttpResponse:
    figures = lru_cache(maxsize=1)(lambda: dashboard(filters, now=now, refresh=refresh))
    values = lru_cache(maxsize=1)(lambda: panel_context(figures(), user=request.user, now=now))

    def panel(name: str) -> Fragment:
        return Fragment(
            DASHBOARD_PANEL,
            vary={"panel": name, **panel_variant(filters, user=request.user, now=now)},
            render=lambda: render_to_string(name, values(), request),
        )

    wanted = wanted_fragment(request, FRAGMENTS)
    names = tuple(name for name in PANELS if wanted in (None, WHOLE, name))
    context = head_context(filters, now=now)
    if refresh:
        context |= values()
    else:
        # Where all are in the cache, nothing is read or computed for them: one round trip.
        html = cached_fragments(*(panel(name) for name in names))
        context["prerendered"] = dict(zip(names, html, strict=True))
    return render_page(
        request,
        "analytics/dashboard.html",
        fragment=FRAGMENTS,
        context=context,
        personal=True,
    )
