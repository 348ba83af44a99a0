"""Pages of review: the queue, and what analysts do to cases, one or many."""

import json
import uuid
from collections.abc import Collection
from urllib.parse import parse_qsl, urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST, require_safe

from alerts.forms import AssignForm
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import push_address, region_id, render_page, wanted_fragment
from transactions.choices import Verdict
from transactions.forms import BulkForm, DecisionForm, ReasonForm, SnoozeForm
from transactions.list_filters import parse_filters as parse_list
from transactions.list_page import resolve
from transactions.models import Transaction
from transactions.paths import LIST_PATH, REVIEW_PATH
from transactions.reviews.case import REVIEW, case_url, claim_state, next_case_url
from transactions.reviews.filters import CURSOR, parse_filters, parse_query
from transactions.reviews.linked import burst_orders
from transactions.reviews.queue import read_queue
from transactions.reviews.queue_page import queue_context
from transactions.services import review_cases
from transactions.services.review_decisions import Choice, Decided, decide, undo
from transactions.views import (
    DETAIL,
    TABLE,
    refused,
    refused_form,
    request_id,
    way_of,
)

QUEUE = "transactions/_queue.html"
CLAIM = "transactions/parts/claim.html"
MAY_VIEW = "transactions.view_transaction"
MAY_DECIDE = "transactions.change_transaction"
# One act moves at most so many orders: each is carried out by itself within seconds.
MOST_AT_ONCE = 500
_DONE = {Verdict.APPROVE: "Approved", Verdict.DECLINE: "Declined"}


@require_safe
@page_for(MAY_VIEW)
def queue(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the cases that wait, the dearest expected loss first."""
    if there := open_with_default(request, "review"):
        return there
    context = queue_context(
        parse_filters(single_values(request.GET)),
        cursor=request.GET.get(CURSOR, ""),
        user=request.user,
        now=timezone.now(),
    )
    response = render_page(
        request, "transactions/queue.html", fragment=QUEUE, context=context, personal=True
    )
    return push_address(request, response, QUEUE, context["page_url"])


@require_safe
@page_for(MAY_VIEW)
def first_case(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Open the first case of the queue that nobody else holds; the queue when there is none."""
    filters = parse_filters(single_values(request.GET))
    cases = read_queue(filters, user=request.user, now=timezone.now()).cases
    free = (case for case in cases if case.holder is None or case.holder.pk == request.user.pk)
    first = next(free, None)
    url = case_url(first.pk, filters) if first else filters.url(REVIEW_PATH)
    return HttpResponseRedirect(url)


@require_POST
@page_for(MAY_DECIDE)
def decide_case(
    request: AuthenticatedHttpRequest, pk: int, verdict: str, burst: bool = False
) -> HttpResponse:
    """Approve or decline a case, or decline its whole burst, and open the next one."""
    form = DecisionForm(request.POST)
    act = "decline-burst" if burst else verdict
    if not form.is_valid():
        return refused_form(request, pk, act, form)
    sale = _sale(pk)
    now = timezone.now()
    orders = burst_orders(sale) if burst else [sale.order_ref]
    choice = Choice(verdict=Verdict(verdict), **form.cleaned_data)
    try:
        decided = decide(
            order_refs=orders,
            choice=choice,
            actor=request.user,
            now=now,
            request_id=request_id(request),
        )
    except Refusal as refusal:
        return refused(request, pk, act, form, refusal)
    way = way_of(request)
    url = way.url(pk)
    if way.review is not None:
        lines = [each.transaction for each in decided.decisions]
        own = [line for line in lines if line.order_ref == sale.order_ref]
        url = next_case_url(own or lines, way.review, user=request.user, now=now)
    return _go(request, url, _said(choice, decided), good=not decided.refused)


@require_POST
@page_for(MAY_DECIDE)
def undo_decision(request: AuthenticatedHttpRequest, batch: uuid.UUID) -> HttpResponse:
    """Take an act back, and show the case again, or the list it was done from."""
    try:
        decisions = undo(batch=batch, actor=request.user, now=timezone.now())
    except Refusal as refusal:
        return _go(request, _next(request, REVIEW_PATH), refusal.detail, good=False)
    url = _next(request, REVIEW_PATH)
    orders = {each.transaction.order_ref for each in decisions}
    if len(orders) == 1 and url.partition("?")[0] not in (LIST_PATH, REVIEW_PATH):
        came_from = dict(parse_qsl(urlsplit(url).query, keep_blank_values=True)).get(REVIEW)
        review = None if came_from is None else parse_query(came_from)
        url = case_url(decisions[0].transaction_id, review)
    return _go(request, url, "Undone: nothing was changed.")


@require_POST
@page_for(MAY_DECIDE)
def claim_case(request: AuthenticatedHttpRequest, pk: int, release: bool = False) -> HttpResponse:
    """Take a case on, prolong that, or let it go; answers who has it now."""
    sale = _sale(pk)
    act = review_cases.release if release else review_cases.claim
    try:
        act(order_ref=sale.order_ref, actor=request.user, now=timezone.now())
    except Refusal as refusal:
        if wanted_fragment(request, CLAIM) is None:
            return refused(request, pk, "claim", ReasonForm(), refusal)
    if wanted_fragment(request, CLAIM) is None:
        return _go(request, way_of(request).url(pk), "It is free again." if release else "Yours.")
    way = way_of(request)
    context = {
        "claim": claim_state(sale.order_ref, user=request.user, now=timezone.now()),
        "act_urls": {"claim": way.url(pk, "claim"), "release": way.url(pk, "release")},
        # Let go on purpose: the page must not take it on again by itself.
        "takes_on": not release,
    }
    response = render(request, CLAIM, context)
    response["Cache-Control"] = "private, no-store"
    return response


@require_POST
@page_for(MAY_DECIDE)
def arrange_case(request: AuthenticatedHttpRequest, pk: int, act: str) -> HttpResponse:
    """Assign a case, let it rest, or bring it back."""
    sale = _sale(pk)
    try:
        said = _arrange(request, act, [sale.order_ref])
    except Refusal as refusal:
        return refused(request, pk, act, ReasonForm(), refusal)
    return _go(request, way_of(request).url(pk), said)


@require_POST
@page_for(MAY_DECIDE)
def bulk(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Do one thing to the orders that are ticked in the queue or in the list of sales."""
    back = _next(request, REVIEW_PATH)
    form = BulkForm(request.POST)
    if not form.is_valid():
        problems = [str(error) for errors in form.errors.values() for error in errors]
        return _go(request, back, " ".join(problems), good=False)
    try:
        orders = _ticked(request)
        act = form.cleaned_data["act"]
        if act not in Verdict.values:
            return _go(request, back, _arrange(request, act, orders))
        reason, note = form.cleaned_data["reason"], form.cleaned_data["note"]
        choice = Choice(verdict=Verdict(act), reason=reason, note=note)
        decided = decide(
            order_refs=orders,
            choice=choice,
            actor=request.user,
            now=timezone.now(),
            request_id=request_id(request),
        )
    except Refusal as refusal:
        return _go(request, back, refusal.detail, good=False)
    return _go(request, back, _said(choice, decided), good=not decided.refused)


def _sale(pk: int) -> Transaction:
    return get_object_or_404(Transaction.objects.select_related("product", "customer"), pk=pk)


def _arrange(request: AuthenticatedHttpRequest, act: str, orders: Collection[str]) -> str:
    """Assign or snooze cases; return what was done. Raises Refusal."""
    now, actor = timezone.now(), request.user
    what = "1 case" if len(orders) == 1 else f"{len(orders)} cases"
    if act == "wake":
        review_cases.wake(order_refs=orders, actor=actor, now=now)
        return "Back in the queue."
    if act == "snooze":
        snooze = SnoozeForm(request.POST)
        if not snooze.is_valid():
            raise Refusal("Choose how long it rests: 1 hour, until tomorrow or 3 days.")
        until = snooze.moment(now)
        review_cases.snooze(order_refs=orders, until=until, actor=actor, now=now)
        return f"{what} snoozed."
    assign = AssignForm(request.POST)
    if not assign.is_valid():
        raise Refusal("Choose a person who may see alerts, or nobody.")
    person = assign.cleaned_data["assignee"]
    review_cases.assign(order_refs=orders, assignee=person, actor=actor, now=now)
    return f"{what} assigned to {person or 'nobody'}."


def _ticked(request: AuthenticatedHttpRequest) -> list[str]:
    """Return the orders meant: by reference, by their sales, or all that match the list's filters.

    Raises Refusal for none, or more than can be done at once.
    """
    orders = list(dict.fromkeys(request.POST.getlist("order")))
    if request.POST.get("all"):
        query = QueryDict(urlsplit(_next(request, LIST_PATH)).query)
        filters = parse_list(query.dict(), zone=timezone.get_default_timezone())
        sales = Transaction.objects.undecided().narrowed(resolve(filters, now=timezone.now()).sales)
        every = sales.order_by("order_ref").values_list("order_ref", flat=True).distinct()
        orders = list(every[: MOST_AT_ONCE + 1])
    elif keys := [int(key) for key in request.POST.getlist("sale") if key.isdecimal()]:
        found = Transaction.objects.filter(pk__in=keys[: MOST_AT_ONCE + 1])
        orders = list(found.order_by("pk").values_list("order_ref", flat=True).distinct())
    if not orders:
        raise Refusal("Tick at least one order that waits for review.")
    if len(orders) > MOST_AT_ONCE:
        raise Refusal(f"At most {MOST_AT_ONCE} orders at once: narrow the list first.")
    return orders


def _said(choice: Choice, decided: Decided) -> str:
    orders = decided.orders
    what = f"order {orders[0]}" if len(orders) == 1 else f"{len(orders)} orders"
    said = f"{_DONE[choice.verdict]} {what}. Takes effect in 10 s; undo with z."
    if decided.refused:
        first = next(iter(decided.refused.values()))
        left = len(decided.refused)
        said += f" {left} left alone: {first.detail}" + (" And others." if left > 1 else "")
    return said


def _next(request: AuthenticatedHttpRequest, fallback: str) -> str:
    """Return where the person was: an address of ours in `next`."""
    given = request.POST.get("next", "")
    ours = url_has_allowed_host_and_scheme(
        given, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return given if ours and given.startswith(LIST_PATH) else fallback


_REGIONS = (DETAIL, QUEUE, TABLE)


def _go(
    request: AuthenticatedHttpRequest, url: str, said: str, *, good: bool = True
) -> HttpResponse:
    """Send the person on to a page, saying what was done: 303 without script.

    With script the page's region is fetched in the place of the one that the act was done in,
    and its address pushed.
    """
    if wanted_fragment(request, _REGIONS) is None:
        (messages.success if good else messages.error)(request, said)
        return HttpResponse(status=303, headers={"Location": url})
    path = url.partition("?")[0]
    region = {LIST_PATH: TABLE, REVIEW_PATH: QUEUE}.get(path, DETAIL)
    response = HttpResponse(status=200)
    place = {
        "path": url,
        "target": f"#{request.htmx.target}",
        "swap": "morph:outerHTML show:window:top",
        "headers": {"HX-Target": region_id(region)},
    }
    response["HX-Location"] = json.dumps(place)
    tone, icon = ("good", "circle-check") if good else ("warn", "info")
    # What can be undone is said by the notice on the page itself.
    event = {"title": said, "tone": tone, "icon": icon, "undo": "undo with z" in said}
    response["HX-Trigger"] = json.dumps({"techmart:said": event})
    return response
