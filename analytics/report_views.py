"""The analytics pages: tabs of figures, the list of customers and one customer's page."""

from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from alerts.context_processors import live_heads
from analytics.customer_list import customer_list_context, parse_list
from analytics.customer_page import customer_context
from analytics.filter_bar import read_filters
from analytics.reports.tabs import TABS, report_context
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.core.whole_pages import content_html, page_html, render_content
from techmart.lib.cache import Wanted, data_version, variant
from techmart.lib.cache.registry import REPORT_BODY
from techmart.lib.columns import single_values
from techmart.lib.htmx import push_address, render_page, wanted_fragment
from transactions.models import Customer

PAGE = "analytics/report.html"
REGION = "analytics/_report.html"
CUSTOMERS = "analytics/_customers.html"
CUSTOMER = "analytics/_customer.html"
_SEE_SALES = "transactions.view_transaction"
_SEE_CUSTOMERS = "transactions.view_customer"
_TAGS = tuple(REPORT_BODY.tags)


@require_safe
@page_for(_SEE_SALES)
def show_report(request: AuthenticatedHttpRequest, *, tab: str) -> HttpResponse:
    """Show one tab, or its content when htmx asks for that."""
    return _report(request, tab)


@require_safe
@page_for(_SEE_CUSTOMERS)
def show_customers_report(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the tab of customers, to those who may see them."""
    return _report(request, "customers")


def _report(request: AuthenticatedHttpRequest, key: str) -> HttpResponse:
    tab, now = TABS[key], timezone.now()
    filters = read_filters(request.GET.dict())
    wanted = wanted_fragment(request, REGION)

    def content() -> Wanted[str]:
        today = timezone.localdate(now, ZoneInfo(settings.TIME_ZONE))
        vary = {
            "address": filters.url(tab.path),
            "ignored": [list(pair) for pair in filters.ignored],
            "day": str(today),
            "zone": request.user.time_zone,
            # The menus of exports offer a report to those who may make one.
            "reports": request.user.has_perm("core.change_reportschedule"),
        }
        return Wanted(
            REPORT_BODY,
            {"variant": variant(vary)},
            lambda: render_content(REGION, report_context(tab, filters, now=now), request),
        )

    def made() -> dict[str, Any]:
        if wanted:
            return {"prerendered": {REGION: content_html(request, content())}}
        html = page_html(
            request,
            PAGE,
            region=REGION,
            content=content(),
            live_heads=live_heads,
            context={"title": f"{tab.label}, analytics"},
        )
        return {"prerendered": {PAGE: html}}

    return render_page(
        request,
        PAGE,
        fragment=REGION,
        context=made,
        personal=tab.personal,
        data_version=None if tab.personal else data_version(*_TAGS),
    )


@require_safe
@page_for(_SEE_CUSTOMERS)
def list_customers(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show customers with a pattern, narrowed to a segment or a cohort."""
    if there := open_with_default(request, "customers"):
        return there
    filters = parse_list(single_values(request.GET))
    response = render_page(
        request,
        "analytics/customers.html",
        fragment=CUSTOMERS,
        context=lambda: customer_list_context(filters),
        personal=True,
    )
    return push_address(request, response, CUSTOMERS, filters.url(cursor=filters.cursor))


@require_safe
@page_for(_SEE_CUSTOMERS)
def show_customer(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Show how one customer buys."""
    customer = Customer.objects.filter(code=code).first()
    if customer is None:
        raise Http404
    return render_page(
        request,
        "analytics/customer.html",
        fragment=CUSTOMER,
        context=lambda: customer_context(customer),
        personal=True,
    )
