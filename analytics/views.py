"""The dashboard's page, its panels and its refresh button."""

from datetime import datetime

from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from analytics.dashboard.filters import DashboardFilters
from analytics.dashboard.page import dashboard, page_context, read_filters
from analytics.refresh import RefreshTooSoon, request_refresh
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.lib.htmx import render_page

PANELS = "analytics/_panels.html"
FRAGMENTS = (
    PANELS,
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
    "analytics/_loading.html",
)


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
    view = dashboard(filters, now=now, refresh=refresh)
    return render_page(
        request,
        "analytics/dashboard.html",
        fragment=FRAGMENTS,
        context=page_context(view, user=request.user, now=now),
        personal=True,
    )
