"""Pages of products: the list, one product with its ledger, and corrections."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.contrib import messages
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from inventory.choices import WriteOffCode
from inventory.forecast_page.context import forecast_acts_context
from inventory.forms import (
    ChangeForm,
    CountForm,
    ReversalForm,
    SupplierReturnForm,
    WriteOffForm,
)
from inventory.list_filters import CURSOR, ProductFilters, parse_filters
from inventory.list_page import list_context, rows_context
from inventory.models import Product, StockMovement
from inventory.page_acts import attempt, form_problem, go
from inventory.paths import LIST_PATH, product_path
from inventory.product_page import (
    HORIZONS,
    ProductView,
    Sent,
    corrections_context,
    figures_context,
    ledger_context,
    page_context,
    parse_moment,
)
from inventory.services.counts import post_count, write_off
from inventory.services.products import change_product
from inventory.services.reversals import reverse_entry
from inventory.services.supplier_returns import return_to_supplier
from inventory.stock_figures import as_spelt, stock_figures
from techmart.core.access import page_for
from techmart.core.corrections import StaleVersion
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal, add_refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.core.shop import shop_settings
from techmart.lib.cache import Fragment, Tag, cached_fragments, data_version
from techmart.lib.cache.registry import PRODUCT_ROWS
from techmart.lib.columns import single_values
from techmart.lib.htmx import render_page, wanted_fragment
from techmart.lib.keyset import BadCursor

VIEW = "inventory.view_product"
CHANGE = "inventory.change_product"
REVERSE = "inventory.change_stockmovement"
DECIDE = "inventory.change_reordersuggestion"
FORECAST = "inventory.add_forecastoverride"
TABLE = "inventory/_table.html"
ROWS = "inventory/parts/rows.html"
FIGURES = "inventory/_product_figures.html"
LEDGER = "inventory/_ledger.html"
CORRECTIONS = "inventory/_corrections.html"

# All that these pages and what stands around them show.
_TAGS = (Tag.STOCK, Tag.PRODUCTS, Tag.PREDICTIONS, Tag.SALES, Tag.ALERTS, Tag.DASHBOARD)


@require_safe
@page_for(VIEW)
def product_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the products that the address asks for."""
    if there := open_with_default(request, "inventory"):
        return there
    filters = parse_filters(single_values(request.GET))
    cursor = request.GET.get(CURSOR, "")
    response = render_page(
        request,
        "inventory/list.html",
        fragment=TABLE,
        context=lambda: _list_context(filters, cursor),
        data_version=data_version(*_TAGS),
    )
    canonical = filters.url(LIST_PATH, cursor=cursor)
    if wanted_fragment(request, TABLE) and request.get_full_path() != canonical:
        # A form writes its fields in its own order, and what was ignored is gone.
        response["HX-Push-Url"] = canonical
    return response


@require_safe
@page_for(VIEW)
def product(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Show one product; with a cursor, further back in its ledger."""
    return _product(request, _found(sku), cursor=request.GET.get(CURSOR, ""))


@require_POST
@page_for(CHANGE)
def count(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Book what was counted on the shelf."""
    row = _found(sku)
    form = CountForm(request.POST)
    if form.is_valid():
        try:
            post_count(
                product_id=row.pk,
                counted_units=form.cleaned_data["counted_units"],
                reason=form.cleaned_data["reason"],
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return _done(request, row, "Counted. The ledger shows what changed.")
    return _product(request, _found(sku), sent=Sent(count_form=form), status=422)


@require_POST
@page_for(CHANGE)
def change(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Correct a product's own fields, if nobody else did since they were read."""
    row = _found(sku)
    form = ChangeForm(request.POST)
    if form.is_valid():
        try:
            change_product(
                product_id=row.pk,
                changes=form.changes(),
                version=form.cleaned_data["version"],
                actor=request.user,
                reason=form.cleaned_data["reason"],
                now=timezone.now(),
            )
        except StaleVersion as stale:
            sent = Sent(change_form=form, differences=stale.differences, is_stale=True)
            return _product(request, _found(sku), sent=sent, status=409)
        except Refusal as refusal:
            add_refusal(form, refusal)
        except ValidationError as invalid:
            _add_invalid(form, invalid)
        else:
            return _done(request, row, "Changed.")
    return _product(request, _found(sku), sent=Sent(change_form=form), status=422)


@require_POST
@page_for(CHANGE)
def take_off(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Write off what is spoilt, broken or lost."""
    row = _found(sku)
    form = WriteOffForm(request.POST)
    if form.is_valid():
        try:
            write_off(
                product_id=row.pk,
                units=form.cleaned_data["units"],
                code=WriteOffCode(form.cleaned_data["code"]),
                reason=form.cleaned_data["reason"],
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return _done(request, row, "Written off. The ledger shows it.")
    return _product(request, _found(sku), sent=Sent(write_off_form=form), status=422)


@require_POST
@page_for(CHANGE)
def give_back(request: AuthenticatedHttpRequest, sku: str) -> HttpResponse:
    """Take units out of stock that go back to the supplier."""
    row = _found(sku)
    form = SupplierReturnForm(request.POST)
    if form.is_valid():
        try:
            return_to_supplier(
                product_id=row.pk, actor=request.user, now=timezone.now(), **form.cleaned_data
            )
        except Refusal as refusal:
            add_refusal(form, refusal)
        else:
            return _done(request, row, "Returned. The ledger shows it.")
    return _product(request, _found(sku), sent=Sent(return_form=form), status=422)


@require_POST
@page_for(REVERSE)
def reverse(request: AuthenticatedHttpRequest, sku: str, movement_id: int) -> HttpResponse:
    """Post the opposite of an entry of the ledger."""
    row = _found(sku)
    if not StockMovement.objects.filter(pk=movement_id, product=row).exists():
        raise Http404(f"The ledger of {sku} has no entry {movement_id}.")
    form = ReversalForm(request.POST)
    problem = None if form.is_valid() else form_problem(form)
    if problem is None:
        _, problem = attempt(lambda: _reverse(request, movement_id, form.cleaned_data["reason"]))
    if problem is None:
        return _done(request, row, "Reversed. Both entries stay in the ledger.")
    messages.error(request, f"{problem.text} Nothing was changed.")
    return _product(request, _found(sku), status=problem.status)


def _reverse(request: AuthenticatedHttpRequest, movement_id: int, reason: str) -> str:
    reverse_entry(movement_id=movement_id, reason=reason, actor=request.user, now=timezone.now())
    return "Reversed."


def _list_context(filters: ProductFilters, cursor: str) -> dict[str, Any]:
    """Return the list with its rows rendered, from the fragment cache where they are current."""
    now = timezone.now()
    filters = as_spelt(filters)
    figures = stock_figures(filters)

    def rendered(filters: ProductFilters, cursor: str) -> str:
        def render() -> str:
            # Read together, so that no row is newer than the pager that counts it.
            rows = rows_context(filters, figures, cursor=cursor, now=now)
            return render_to_string(ROWS, {**list_context(filters, figures, cursor=cursor), **rows})

        vary = {
            "address": filters.url(LIST_PATH, cursor=cursor),
            "spelt": filters.spelt,
            "ignored": [list(pair) for pair in filters.ignored],
            "day": timezone.localdate(now).isoformat(),
        }
        return cached_fragments(Fragment(PRODUCT_ROWS, render, vary))[0]

    try:
        rows = rendered(filters, cursor)
    except BadCursor:
        filters = replace(filters, ignored=(*filters.ignored, (CURSOR, cursor)))
        cursor = ""
        rows = rendered(filters, cursor)
    return {**list_context(filters, figures, cursor=cursor), "prerendered": {ROWS: rows}}


def _product(
    request: AuthenticatedHttpRequest,
    row: Product,
    *,
    cursor: str = "",
    sent: Sent | None = None,
    status: int = 200,
) -> HttpResponse:
    may_correct = request.user.has_perm(CHANGE)
    may_reverse, may_decide = request.user.has_perm(REVERSE), request.user.has_perm(DECIDE)
    may_forecast = request.user.has_perm(FORECAST)
    fragments = (FIGURES, LEDGER, CORRECTIONS) if may_correct else (FIGURES, LEDGER)
    wanted = wanted_fragment(request, fragments)
    back = _list_behind(request)

    def context() -> dict[str, Any]:
        view = ProductView(row, now=timezone.now())
        parts: dict[str, Any] = {}
        if wanted is None:
            parts |= page_context(view, horizon=_horizon(request)) | {
                "list_url": back,
                "may_decide": may_decide,
                **forecast_acts_context(view, may_act=may_forecast),
                "decision_url": product_path(row.sku),
            }
        if wanted in (None, FIGURES):
            parts |= figures_context(view)
        if may_correct and wanted in (None, CORRECTIONS):
            parts |= corrections_context(row, sent or Sent())
        if wanted in (None, LEDGER):
            parts |= _ledger(
                view, cursor, moment=request.GET.get("at", ""), may_reverse=may_reverse
            )
        return {"page_url": product_path(row.sku), **parts}

    # The page says where it was reached from.
    version = data_version(*_TAGS)
    return render_page(
        request,
        "inventory/product.html",
        fragment=fragments,
        context=context,
        status=status,
        data_version=None
        if version is None or sent
        else f"{version};{back};{may_correct}{may_reverse}{may_decide}{may_forecast}",
    )


def _ledger(view: ProductView, cursor: str, *, moment: str, may_reverse: bool) -> dict[str, Any]:
    """Return a page of the ledger; the first one for a damaged cursor, all for no such moment."""
    values: dict[str, Any] = {
        "simulated": "stock" in shop_settings().simulated,
        "moment": parse_moment(moment),
        "may_reverse": may_reverse,
    }
    try:
        return ledger_context(view, cursor=cursor, **values)
    except BadCursor:
        return ledger_context(view, cursor="", **values)


def _found(sku: str) -> Product:
    row = Product.objects.select_related("supplier").filter(sku=sku).first()
    if row is None:
        raise Http404(f"There is no product {sku}.")
    return row


def _horizon(request: AuthenticatedHttpRequest) -> int:
    given = request.GET.get("h", "")
    return next((days for days in HORIZONS if str(days) == given), HORIZONS[0])


def _list_behind(request: AuthenticatedHttpRequest) -> str:
    """Return the view of the list that the person came from; the whole list otherwise."""
    came_from = urlsplit(request.headers.get("Referer", ""))
    if came_from.netloc != request.get_host() or came_from.path != LIST_PATH:
        return LIST_PATH
    # Read and written again: nothing but the list's own parameters gets into the link.
    return parse_filters(dict(parse_qsl(came_from.query))).url(LIST_PATH)


def _done(request: AuthenticatedHttpRequest, row: Product, text: str) -> HttpResponse:
    """Show the product anew: a correction changes more of the page than its own region."""
    return go(request, product_path(row.sku), text)


def _add_invalid(form: ChangeForm, invalid: ValidationError) -> None:
    by_field: Mapping[str, list[str]] = getattr(
        invalid, "message_dict", {NON_FIELD_ERRORS: invalid.messages}
    )
    for field, texts in by_field.items():
        for text in texts:
            name = field.removesuffix("_id")
            form.add_error(name if name in form.fields else None, text)
