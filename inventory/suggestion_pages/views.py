"""Pages of reorder suggestions: the list, one with its steps, and decisions."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django import forms
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_POST, require_safe

from inventory.models import ReorderSuggestion
from inventory.page_acts import Problem, attempt, form_problem, go, way_back
from inventory.paths import SUGGESTIONS_PATH, product_path, suggestion_path
from inventory.product_page.cards import suggestion_card
from inventory.product_page.view import ProductView
from inventory.services import suggestions as services
from inventory.services.stock_snoozes import snooze_stock_alerts
from inventory.snoozes import SNOOZES
from inventory.suggestion_pages.filters import CURSOR, parse_suggestion_filters
from inventory.suggestion_pages.forms import PickForm, QuantityForm, RejectForm, SnoozeForm
from inventory.suggestion_pages.page import keys_of, list_context
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import VARY, add_toast, push_address, render_page, wanted_fragment
from techmart.lib.keyset import BadCursor

VIEW = "inventory.view_reordersuggestion"
CHANGE = "inventory.change_reordersuggestion"
TABLE = "inventory/_suggestions.html"
DETAIL = "inventory/parts/suggestion.html"


@require_safe
@page_for(VIEW)
def suggestion_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the suggestions that the address asks for."""
    if there := open_with_default(request, "suggestions"):
        return there
    parameters = single_values(request.GET)
    canonical = parse_suggestion_filters(parameters).url(cursor=parameters.get(CURSOR, ""))
    return push_address(request, _list(request, parameters), TABLE, canonical)


@require_safe
@page_for(VIEW)
def suggestion_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show one suggestion with its six steps; inside the list, or as a page."""
    return _detail(request, _found(pk))


@require_POST
@page_for(CHANGE)
def act_on_many(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Accept or snooze what is ticked: suggestions, or products of the product list."""
    back = way_back(request, SUGGESTIONS_PATH)
    skus = request.POST.getlist("product")
    is_snooze = request.POST.get("act") == "snooze"
    form = SnoozeForm(request.POST)
    if is_snooze and not form.is_valid():
        return _answer(request, back, "", form_problem(form))
    if skus and is_snooze:
        said, problem = attempt(lambda: _snooze_products(request, skus, form))
        return _answer(request, back, said, problem)
    picked = [str(key) for key in keys_of(skus)] if skus else request.POST.getlist("suggestion")
    pick = PickForm(picked)
    if not pick.is_valid():
        nothing = "Nothing is suggested for the products that are ticked."
        return _answer(request, back, "", Problem(nothing) if skus else form_problem(pick))
    keys = pick.cleaned_data["suggestion"]
    said, problem = attempt(
        lambda: _snooze(request, keys, form) if is_snooze else _accept(request, keys)
    )
    return _answer(request, back, said, problem)


@require_POST
@page_for(CHANGE)
def accept(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Put one suggestion into its supplier's draft."""
    return _decide(request, pk, None, lambda _: _accept(request, [pk]))


@require_POST
@page_for(CHANGE)
def change(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Order another quantity."""

    def act(data: Mapping[str, Any]) -> str:
        row = services.edit_suggestion(
            suggestion_id=pk, actor=request.user, now=timezone.now(), **data
        )
        return f"{row.order_quantity} of {row.product.name} are to be ordered."

    return _decide(request, pk, QuantityForm(request.POST), act)


@require_POST
@page_for(CHANGE)
def reject(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Order nothing, and say why."""

    def act(data: Mapping[str, Any]) -> str:
        row = services.reject_suggestion(
            suggestion_id=pk, actor=request.user, now=timezone.now(), **data
        )
        return f"Nothing is ordered of {row.product.name}."

    return _decide(request, pk, RejectForm(request.POST), act)


@require_POST
@page_for(CHANGE)
def snooze(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Let one suggestion rest."""
    form = SnoozeForm(request.POST)
    return _decide(request, pk, form, lambda _: _snooze(request, [pk], form))


@require_POST
@page_for(CHANGE)
def wake(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Put a snoozed suggestion back into the list."""

    def act(_data: Mapping[str, Any]) -> str:
        row = services.wake_suggestion(suggestion_id=pk, actor=request.user, now=timezone.now())
        return f"{row.product.name} is to be decided again."

    return _decide(request, pk, None, act)


def _accept(request: AuthenticatedHttpRequest, keys: list[int]) -> str:
    accepted = services.accept_suggestions(
        suggestion_ids=keys, actor=request.user, now=timezone.now()
    )
    numbers = ", ".join(order.number for order in accepted.orders)
    how_many = "1 suggestion is" if accepted.suggestions == 1 else f"{accepted.suggestions} are"
    return f"{how_many} in {numbers}, to be sent."


def _snooze_products(request: AuthenticatedHttpRequest, skus: list[str], form: SnoozeForm) -> str:
    """Let suggestions and, for those who may, alerts about these products rest."""
    now = timezone.now()
    until = form.until(now)
    suggestions = services.snooze_suggestions(
        suggestion_ids=keys_of(skus), until=until, actor=request.user, now=now
    )
    alerts = 0
    if request.user.has_perm("alerts.change_alert"):
        alerts = snooze_stock_alerts(skus=skus, until=until, actor=request.user, now=now)
    return f"Snoozed: {suggestions} suggestions, {alerts} alerts."


def _snooze(request: AuthenticatedHttpRequest, keys: list[int], form: SnoozeForm) -> str:
    now = timezone.now()
    count = services.snooze_suggestions(
        suggestion_ids=keys, until=form.until(now), actor=request.user, now=now
    )
    return "1 suggestion snoozed." if count == 1 else f"{count} suggestions snoozed."


def _decide(
    request: AuthenticatedHttpRequest,
    pk: int,
    form: forms.Form | None,
    act: Callable[[Mapping[str, Any]], str],
) -> HttpResponse:
    row = _found(pk)
    back = way_back(request, SUGGESTIONS_PATH)
    if form is not None and not form.is_valid():
        return _answer(request, back, "", form_problem(form, about=str(pk)), row)
    data = form.cleaned_data if form else {}
    said, problem = attempt(lambda: act(data), about=str(pk))
    return _answer(request, back, said, problem, row)


def _answer(
    request: AuthenticatedHttpRequest,
    back: str,
    said: str,
    problem: Problem | None,
    row: ReorderSuggestion | None = None,
) -> HttpResponse:
    """Show the list anew where it was asked from; else go back, or say on one page why not."""
    if problem is None and not wanted_fragment(request, TABLE):
        return go(request, back, said)
    if problem is not None and row is not None and not wanted_fragment(request, TABLE):
        return _detail(request, row, problem=problem)
    status = problem.status if problem else 200
    response = _list(request, dict(parse_qsl(urlsplit(back).query)), problem=problem, status=status)
    return response if problem else add_toast(response, said)


def _list(
    request: AuthenticatedHttpRequest,
    parameters: Mapping[str, str],
    *,
    problem: Problem | None = None,
    status: int = 200,
) -> HttpResponse:
    now = timezone.now()
    filters = parse_suggestion_filters(parameters)
    cursor = parameters.get(CURSOR, "")
    try:
        context = list_context(filters, cursor=cursor, now=now)
    except BadCursor:
        filters = replace(filters, ignored=(*filters.ignored, (CURSOR, cursor[:40])))
        context = list_context(filters, cursor="", now=now)
    context |= {"may_decide": request.user.has_perm(CHANGE), "problem": problem}
    return render_page(
        request,
        "inventory/suggestions.html",
        fragment=TABLE,
        context=context,
        status=status,
    )


def _detail(
    request: AuthenticatedHttpRequest, row: ReorderSuggestion, *, problem: Problem | None = None
) -> HttpResponse:
    view = ProductView(row.product, now=timezone.now())
    view.suggestion = row
    back = request.GET.get("next") or request.POST.get("next") or SUGGESTIONS_PATH
    context = {
        "page_url": suggestion_path(row.pk),
        "back_url": back if back.startswith(SUGGESTIONS_PATH) else SUGGESTIONS_PATH,
        "product": row.product,
        "product_url": product_path(row.product.sku),
        "row": row,
        "card": suggestion_card(view),
        "may_decide": request.user.has_perm(CHANGE) and row.state in services.UNDECIDED,
        "snoozes": SNOOZES,
        "reason": request.POST.get("reason", "") if problem else "",
        "problem": problem,
    }
    status = problem.status if problem else 200
    # The list's own place for it is named after the suggestion.
    if request.htmx and request.htmx.target == f"why-{row.pk}":
        html = render_to_string(DETAIL, context, request=request)
        response = HttpResponse(html, status=status, headers={"Cache-Control": "private, no-store"})
        patch_vary_headers(response, VARY)
        return response
    return render_page(request, "inventory/suggestion.html", context=context, status=status)


def _found(pk: int) -> ReorderSuggestion:
    row = (
        ReorderSuggestion.objects.select_related("product__supplier", "decided_by")
        .filter(pk=pk)
        .first()
    )
    if row is None:
        raise Http404(f"There is no suggestion {pk}.")
    return row
