"""Pages of suppliers: the list, and one's scorecard."""

from dataclasses import replace

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.models import Supplier
from inventory.supplier_pages.filters import CURSOR, parse_supplier_filters
from inventory.supplier_pages.page import detail_context, list_context
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import push_address, render_page
from techmart.lib.keyset import BadCursor

VIEW = "inventory.view_supplier"
TABLE = "inventory/_suppliers.html"
SUPPLIER = "inventory/_supplier.html"


@require_safe
@page_for(VIEW)
def supplier_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the suppliers in use, by name."""
    if there := open_with_default(request, "suppliers"):
        return there
    filters = parse_supplier_filters(single_values(request.GET))
    cursor, now = request.GET.get(CURSOR, ""), timezone.now()
    try:
        context = list_context(filters, cursor=cursor, now=now)
    except BadCursor:
        filters = replace(filters, ignored=(*filters.ignored, (CURSOR, cursor[:40])))
        context = list_context(filters, cursor="", now=now)
    response = render_page(request, "inventory/suppliers.html", fragment=TABLE, context=context)
    return push_address(request, response, TABLE, context["page_url"])


@require_safe
@page_for(VIEW)
def supplier_detail(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Show how one supplier delivers."""
    supplier = Supplier.objects.filter(code=code).first()
    if supplier is None:
        raise Http404(f"There is no supplier {code}.")
    return render_page(
        request,
        "inventory/supplier.html",
        fragment=SUPPLIER,
        context=lambda: detail_context(supplier, now=timezone.now()),
    )
