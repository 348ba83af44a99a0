"""Pages of replays: ask and list, one result, cancel; and of a supplier on other terms."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.choices import ReplayStatus
from inventory.models import ReplayRun, Supplier
from inventory.paths import REPLAYS_PATH, product_path, replay_path, supplier_path, what_if_path
from inventory.planner.what_if import Assumptions, WhatIf, supplier_what_if
from inventory.replay_page.export import RUN
from inventory.replay_page.forms import ReplayForm, WhatIfForm, new_replay_form
from inventory.replay_page.result import (
    chosen_policy,
    fill_chart,
    metric_rows,
    product_rows,
    result_url,
    stock_chart,
)
from inventory.replay_page.runs import (
    NEWEST,
    RUN_COLUMNS,
    policy_words,
    scope_words,
    shown_runs,
)
from inventory.replay_page.what_if_export import SUPPLIER
from inventory.replay_runs import TooManyReplays, cancel_replay, request_replay
from inventory.replay_runs.requests import UNFINISHED
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal, add_refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import push_address, render_page
from techmart.lib.keyset import BadCursor
from techmart.lib.page_parts import Link, keyset_pager
from techmart.lib.plain_list import CURSOR, PlainList, parse_plain_list

VIEW, ADD, CHANGE = (f"inventory.{action}_replayrun" for action in ("view", "add", "change"))
RUNS = "inventory/_replays.html"
RESULT = "inventory/_replay.html"
WHAT_IF = "inventory/_what_if.html"
PAGE_SIZE = 20
# Products of a what-if listed on its page; the sums are over all.
MOST_CHANGES = 200


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(VIEW)
def replays(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show the form for a replay, and the replays so far; a POST asks for one.

    It is queued and its page shown; 422 or 429 with the form when it is refused.
    """
    if request.method != "POST":
        there = open_with_default(request, "replays")
        return there or _replays(request, new_replay_form(today=timezone.localdate()))
    if not request.user.has_perm(ADD):
        raise PermissionDenied
    form, status = ReplayForm(request.POST), 422
    if form.is_valid():
        try:
            run = request_replay(form.request(), actor=request.user, now=timezone.now())
        except TooManyReplays as refused:
            add_refusal(form, refused)
            status = refused.status
        except Refusal as refused:
            add_refusal(form, refused)
        else:
            return HttpResponse(status=303, headers={"Location": replay_path(run.pk)})
    return _replays(request, form, status=status)


@require_safe
@page_for(VIEW)
def replay(request: AuthenticatedHttpRequest, run_id: int) -> HttpResponse:
    """Show one replay: its progress, or what it came to."""
    run = _found(run_id)
    return render_page(
        request,
        "inventory/replay.html",
        fragment=RESULT,
        context=lambda: _result_context(request, run),
    )


@require_POST
@page_for(CHANGE)
def cancel(request: AuthenticatedHttpRequest, run_id: int) -> HttpResponse:
    """Stop a replay, and go back to its page."""
    run = _found(run_id)
    try:
        cancel_replay(run_id=run.pk, now=timezone.now())
    except Refusal as refused:
        messages.error(request, refused.detail)
    else:
        messages.success(request, "The replay was cancelled.")
    return HttpResponse(status=303, headers={"Location": replay_path(run.pk)})


@require_safe
@page_for("inventory.view_supplier")
def what_if(request: AuthenticatedHttpRequest, code: str) -> HttpResponse:
    """Show a supplier's products on the terms that the address assumes."""
    supplier = Supplier.objects.filter(code=code).first()
    if supplier is None:
        raise Http404(f"There is no supplier {code}.")
    form = WhatIfForm(request.GET or None)
    status, found, refusal = 200, None, ""
    if form.is_bound and not form.is_valid():
        status = 422
    else:
        # Before anything is sent: the supplier as it is.
        assumed = form.assumptions() if form.is_bound else Assumptions()
        try:
            found = supplier_what_if(supplier, assumed, now=timezone.now())
        except Refusal as refused:
            refusal = refused.detail
    return render_page(
        request,
        "inventory/what_if.html",
        fragment=WHAT_IF,
        context={
            "page_url": request.get_full_path(),
            "form_url": what_if_path(supplier.code),
            "supplier_url": supplier_path(supplier.code),
            "supplier": supplier,
            "file_query": SUPPLIER.query(supplier.code, **single_values(request.GET)),
            "form": form,
            "refusal": refusal,
            **_what_if_context(found),
        },
        status=status,
    )


def _what_if_context(found: WhatIf | None) -> dict[str, Any]:
    if found is None:
        return {"found": None, "changes": []}
    return {
        "found": found,
        "changes": [
            {
                "sku": change.sku,
                "name": change.name,
                "url": product_path(change.sku),
                "before": change.before,
                "after": change.after,
            }
            for change in found.products[:MOST_CHANGES]
        ],
        "more": max(0, len(found.products) - MOST_CHANGES),
    }


def _replays(
    request: AuthenticatedHttpRequest, form: ReplayForm, *, status: int = 200
) -> HttpResponse:
    view = parse_plain_list(single_values(request.GET), path=REPLAYS_PATH, columns=RUN_COLUMNS)
    context = {
        **_runs_context(view, request.GET.get(CURSOR, "")),
        "form": form,
        "may_ask": request.user.has_perm(ADD),
    }
    response = render_page(
        request, "inventory/replays.html", fragment=RUNS, context=context, status=status
    )
    return push_address(request, response, RUNS, context["page_url"])


def _runs_context(view: PlainList, cursor: str) -> dict[str, Any]:
    runs = shown_runs()
    try:
        page = NEWEST.page(runs, size=PAGE_SIZE, cursor=cursor)
    except BadCursor:
        cursor = ""
        page = NEWEST.page(runs, size=PAGE_SIZE)
    return {
        **view.context(cursor),
        "rows": [
            {
                "url": replay_path(run.pk),
                "run": run,
                "scope": scope_words(run),
                "policies": policy_words(run),
            }
            for run in page.rows
        ],
        "pager": keyset_pager(page, view.url, total=ReplayRun.objects.count()),
    }


def _result_context(request: AuthenticatedHttpRequest, run: ReplayRun) -> dict[str, Any]:
    path = replay_path(run.pk)
    context: dict[str, Any] = {
        "page_url": path,
        "list_url": REPLAYS_PATH,
        "run": run,
        "scope": scope_words(run),
        "products": len(run.product_ids),
        "is_unfinished": run.status in UNFINISHED,
        "may_cancel": request.user.has_perm(CHANGE),
        "cancel_url": f"{path}cancel/",
        "is_done": run.status == ReplayStatus.DONE,
    }
    results = run.results
    if results is None:
        return context
    chosen = chosen_policy(request.GET.get("policy", ""), results)
    return context | {
        "page_url": result_url(run.pk, chosen),
        "file_query": RUN.query(run.pk, policy="" if chosen == 1 else str(chosen)),
        "results": results,
        "metrics": metric_rows(results),
        "names": [policy["name"] for policy in results["policies"]],
        "stock_chart": stock_chart(results),
        "fill_chart": fill_chart(results),
        "choices": [
            Link(
                policy["name"],
                result_url(run.pk, number),
                current=number == chosen,
            )
            for number, policy in enumerate(results["policies"])
            if number
        ],
        "chosen_name": results["policies"][chosen]["name"],
        "rows": product_rows(run, results, chosen),
    }


def _found(run_id: int) -> ReplayRun:
    run = (
        ReplayRun.objects.select_related("requested_by", "supplier")
        .defer("courses")
        .filter(pk=run_id)
        .first()
    )
    if run is None:
        raise Http404("There is no such replay.")
    return run
