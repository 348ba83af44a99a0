"""Pages of suppliers: the list, and one's scorecard."""

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from inventory.models import Supplier
from inventory.supplier_pages.page import CURSOR, detail_context, list_context
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.lib.htmx import render_page, wanted_fragment
from techmart.lib.keyset import BadCursor

VIEW = "inventory.view_supplier"
TABLE = "inventory/_suppliers.html"
SUPPLIER = "inventory/_supplier.html"


@require_safe
@page_for(VIEW)
def supplier_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the suppliers in use, by name."""
    q, cursor, now = request.GET.get("q", ""), request.GET.get(CURSOR, ""), timezone.now()
    try:
        context = list_context(q, cursor=cursor, now=now)
    except BadCursor:
        context = list_context(q, cursor="", now=now)
    response = render_page(request, "inventory/suppliers.html", fragment=TABLE, context=context)
    if wanted_fragment(request, TABLE) and request.get_full_path() != context["page_url"]:
        response["HX-Push-Url"] = context["page_url"]
    return response


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
