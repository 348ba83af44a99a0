"""Pages of purchase orders, and what people do to them."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from django import forms
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from inventory.models import PurchaseOrder, PurchaseOrderLine
from inventory.order_documents import order_csv, order_document
from inventory.order_pages.detail import detail_context
from inventory.order_pages.forms import (
    ConfirmForm,
    LineQuantityForm,
    ReasonForm,
    ReceiveForm,
    ReceiveRestForm,
    ReturnForm,
    SendForm,
)
from inventory.order_pages.page import CURSOR, list_context, parse_order_filters
from inventory.order_pdf import order_pdf
from inventory.page_acts import Problem, attempt, form_problem, go
from inventory.paths import ORDERS_PATH, order_path
from inventory.services import drafts, orders
from inventory.services.supplier_returns import return_to_supplier
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.lib import formats
from techmart.lib.columns import single_values
from techmart.lib.htmx import add_toast, push_address, render_page, wanted_fragment
from techmart.lib.keyset import BadCursor

VIEW = "inventory.view_purchaseorder"
CHANGE = "inventory.change_purchaseorder"
TABLE = "inventory/_orders.html"
ORDER = "inventory/_order.html"


@require_safe
@page_for(VIEW)
def order_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the orders that the address asks for."""
    if there := open_with_default(request, "orders"):
        return there
    filters = parse_order_filters(single_values(request.GET))
    cursor = request.GET.get(CURSOR, "")
    try:
        context = list_context(filters, cursor=cursor, now=timezone.now())
    except BadCursor:
        filters = replace(filters, ignored=(*filters.ignored, (CURSOR, cursor[:40])))
        context = list_context(filters, cursor="", now=timezone.now())
    response = render_page(request, "inventory/orders.html", fragment=TABLE, context=context)
    return push_address(request, response, TABLE, context["page_url"])


@require_safe
@page_for(VIEW)
def order_detail(request: AuthenticatedHttpRequest, number: str) -> HttpResponse:
    """Show one order."""
    return _order(request, _found(number))


@require_safe
@page_for(VIEW)
def order_document_file(request: AuthenticatedHttpRequest, number: str, form: str) -> HttpResponse:
    """Give the order as its supplier gets it: `pdf` or `csv`."""
    document = order_document(_found(number))
    if form == "pdf":
        content: bytes | str = order_pdf(document)
        kind = "application/pdf"
    else:
        content, kind = order_csv(document), "text/csv; charset=utf-8"
    return HttpResponse(
        content,
        content_type=kind,
        headers={
            "Content-Disposition": f'attachment; filename="{document.number}.{form}"',
            "Cache-Control": "private, no-store",
        },
    )


@require_POST
@page_for(CHANGE)
def act(request: AuthenticatedHttpRequest, number: str, name: str) -> HttpResponse:
    """Send, confirm, receive the rest of, close or cancel an order."""
    order = _found(number)
    form_class, do = _ACTS[name]
    form = form_class(request.POST)
    if not form.is_valid():
        return _order(request, order, problem=form_problem(form, about=name))
    said, problem = attempt(lambda: do(request, order, form.cleaned_data), about=name)
    return _after(request, number, said, problem)


@require_POST
@page_for(CHANGE)
def line_act(
    request: AuthenticatedHttpRequest, number: str, line_id: str, name: str
) -> HttpResponse:
    """Change, remove, receive or return a line."""
    order = _found(number)
    line = PurchaseOrderLine.objects.filter(pk=line_id, order=order).first()
    if line is None:
        raise Http404(f"{number} has no such line.")
    form_class, do = _LINE_ACTS[name]
    form = form_class(request.POST)
    about = f"{name}-{line_id}"
    if not form.is_valid():
        return _order(request, order, problem=form_problem(form, about=about))
    said, problem = attempt(lambda: do(request, line, form.cleaned_data), about=about)
    return _after(request, number, said, problem)


def _send(request: AuthenticatedHttpRequest, order: PurchaseOrder, data: Mapping[str, Any]) -> str:
    row = orders.send_order(
        order_id=order.pk, actor=request.user, now=timezone.now(), mail=data["mail"]
    )
    if data["mail"] and row.supplier.email:
        return f"{row.number} is sent, and on its way by mail to {row.supplier.email}."
    return f"{row.number} is sent. Its units count as inbound."


def _confirm(
    request: AuthenticatedHttpRequest, order: PurchaseOrder, data: Mapping[str, Any]
) -> str:
    row = orders.confirm_order(order_id=order.pk, actor=request.user, now=timezone.now(), **data)
    return f"{row.number} is confirmed."


def _receive_rest(
    request: AuthenticatedHttpRequest, order: PurchaseOrder, data: Mapping[str, Any]
) -> str:
    receipts = orders.receive_rest(
        order_id=order.pk, actor=request.user, now=timezone.now(), **data
    )
    units = sum(receipt.quantity for receipt in receipts)
    return f"{order.number} is received: {formats.count(units)} units are in stock."


def _close(request: AuthenticatedHttpRequest, order: PurchaseOrder, data: Mapping[str, Any]) -> str:
    row = orders.close_order(order_id=order.pk, actor=request.user, now=timezone.now(), **data)
    return f"Nothing more is expected of {row.number}."


def _cancel(
    request: AuthenticatedHttpRequest, order: PurchaseOrder, data: Mapping[str, Any]
) -> str:
    row = orders.cancel_order(order_id=order.pk, actor=request.user, now=timezone.now(), **data)
    return f"{row.number} is cancelled."


def _change_line(
    request: AuthenticatedHttpRequest, line: PurchaseOrderLine, data: Mapping[str, Any]
) -> str:
    row = drafts.change_draft_line(line_id=line.pk, actor=request.user, now=timezone.now(), **data)
    return f"{row.quantity} of {row.product.name} are in the draft."


def _remove_line(
    request: AuthenticatedHttpRequest, line: PurchaseOrderLine, _data: Mapping[str, Any]
) -> str:
    drafts.remove_draft_line(line_id=line.pk, actor=request.user, now=timezone.now())
    return "The line is off the draft; its suggestion can be decided again."


def _receive(
    request: AuthenticatedHttpRequest, line: PurchaseOrderLine, data: Mapping[str, Any]
) -> str:
    receipt = orders.receive_line(line_id=line.pk, actor=request.user, now=timezone.now(), **data)
    return f"{receipt.quantity} are in stock."


def _return(
    request: AuthenticatedHttpRequest, line: PurchaseOrderLine, data: Mapping[str, Any]
) -> str:
    row = return_to_supplier(
        product_id=line.product_id,
        line_id=line.pk,
        actor=request.user,
        now=timezone.now(),
        **data,
    )
    return f"{row.quantity} go back, and are out of stock."


_Act = Callable[[AuthenticatedHttpRequest, PurchaseOrder, Mapping[str, Any]], str]
_LineAct = Callable[[AuthenticatedHttpRequest, PurchaseOrderLine, Mapping[str, Any]], str]
_ACTS: dict[str, tuple[type[forms.Form], _Act]] = {
    "send": (SendForm, _send),
    "confirm": (ConfirmForm, _confirm),
    "receive": (ReceiveRestForm, _receive_rest),
    "close": (ReasonForm, _close),
    "cancel": (ReasonForm, _cancel),
}
_LINE_ACTS: dict[str, tuple[type[forms.Form], _LineAct]] = {
    "change": (LineQuantityForm, _change_line),
    "remove": (forms.Form, _remove_line),
    "receive": (ReceiveForm, _receive),
    "return": (ReturnForm, _return),
}


def _after(
    request: AuthenticatedHttpRequest, number: str, said: str, problem: Problem | None
) -> HttpResponse:
    """Show the order anew; a page without script is sent back to it."""
    if problem is None and not wanted_fragment(request, ORDER):
        return go(request, order_path(number), said)
    response = _order(request, _found(number), problem=problem)
    return response if problem else add_toast(response, said)


def _order(
    request: AuthenticatedHttpRequest, order: PurchaseOrder, *, problem: Problem | None = None
) -> HttpResponse:
    context = detail_context(order, now=timezone.now()) | {
        "list_url": ORDERS_PATH,
        "may_change": request.user.has_perm(CHANGE),
        "problem": problem,
    }
    return render_page(
        request,
        "inventory/order.html",
        fragment=ORDER,
        context=context,
        status=problem.status if problem else 200,
    )


def _found(number: str) -> PurchaseOrder:
    order = (
        PurchaseOrder.objects.select_related("supplier", "created_by").filter(number=number).first()
    )
    if order is None:
        raise Http404(f"There is no order {number}.")
    return order
