"""Pages of counts."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from inventory.choices import AbcClass, CountLineState
from inventory.count_pages.export import SHEET as SHEET_SUBJECT
from inventory.count_pages.forms import CountedForm, RefuseForm, SheetForm
from inventory.count_pages.sheets import (
    NEWEST,
    SHEET_COLUMNS,
    figures_of,
    lines_of,
    sheet_rows,
)
from inventory.count_schedule import due_counts
from inventory.models import CountLine, CountSheet
from inventory.page_acts import Problem, attempt, form_problem, go
from inventory.paths import COUNTS_PATH, count_sheet_path, product_path
from inventory.services import count_sheets
from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import add_toast, push_address, render_page, wanted_fragment
from techmart.lib.keyset import BadCursor
from techmart.lib.page_parts import AsOf, keyset_pager
from techmart.lib.plain_list import CURSOR, parse_plain_list

VIEW = "inventory.view_countsheet"
ADD = "inventory.add_countsheet"
CHANGE = "inventory.change_countsheet"
APPROVE = "inventory.approve_countsheet"
COUNTS = "inventory/_counts.html"
SHEET = "inventory/_count_sheet.html"
PAGE_SIZE = 50
FRESH_SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(VIEW)
def counts(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show what is due and the sheets; a POST makes a sheet of what is due."""
    if request.method != "POST":
        return open_with_default(request, "counts") or _counts(request)
    if not request.user.has_perm(ADD):
        raise PermissionDenied
    form = SheetForm(request.POST)
    if not form.is_valid():
        return _counts(request, problem=form_problem(form))
    made: list[CountSheet] = []

    def act() -> str:
        made.append(
            count_sheets.make_sheet(
                abc_class=AbcClass(form.cleaned_data["abc_class"]),
                size=form.cleaned_data["size"],
                actor=request.user,
                now=timezone.now(),
            )
        )
        return "The sheet is ready to count."

    said, problem = attempt(act)
    if problem:
        return _counts(request, problem=problem)
    return go(request, count_sheet_path(made[0].pk), said)


@require_safe
@page_for(VIEW)
def sheet(request: AuthenticatedHttpRequest, sheet_id: int) -> HttpResponse:
    """Show one sheet."""
    return _sheet(request, sheet_id)


@require_POST
@page_for(VIEW)
def line_act(
    request: AuthenticatedHttpRequest, sheet_id: int, line_id: int, name: str
) -> HttpResponse:
    """Enter, approve or refuse the count of one product."""
    permission, form_class, do = _ACTS[name]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    if not CountLine.objects.filter(pk=line_id, sheet=sheet_id).exists():
        raise Http404(f"Sheet {sheet_id} has no such line.")
    form = form_class(request.POST)
    if not form.is_valid():
        return _sheet(request, sheet_id, problem=form_problem(form, about=str(line_id)))
    said, problem = attempt(lambda: do(request, line_id, form.cleaned_data), about=str(line_id))
    if problem is None and not wanted_fragment(request, SHEET):
        return go(request, count_sheet_path(sheet_id), said)
    response = _sheet(request, sheet_id, problem=problem)
    return response if problem else add_toast(response, said)


def _enter(request: AuthenticatedHttpRequest, line_id: int, data: Mapping[str, Any]) -> str:
    line = count_sheets.enter_count(line_id=line_id, actor=request.user, now=timezone.now(), **data)
    if line.state == CountLineState.WAITING:
        return f"{line.product.name}: the difference waits for a second person."
    return f"{line.product.name} is counted."


def _approve(request: AuthenticatedHttpRequest, line_id: int, _data: Mapping[str, Any]) -> str:
    line = count_sheets.approve_line(line_id=line_id, actor=request.user, now=timezone.now())
    return f"{line.product.name}: approved and posted."


def _refuse(request: AuthenticatedHttpRequest, line_id: int, data: Mapping[str, Any]) -> str:
    line = count_sheets.refuse_line(line_id=line_id, actor=request.user, now=timezone.now(), **data)
    return f"{line.product.name} is counted again."


_Act = Callable[[AuthenticatedHttpRequest, int, Mapping[str, Any]], str]
_ACTS: dict[str, tuple[str, type[forms.Form], _Act]] = {
    "enter": (CHANGE, CountedForm, _enter),
    "approve": (APPROVE, forms.Form, _approve),
    "refuse": (APPROVE, RefuseForm, _refuse),
}


def _counts(request: AuthenticatedHttpRequest, *, problem: Problem | None = None) -> HttpResponse:
    view = parse_plain_list(single_values(request.GET), path=COUNTS_PATH, columns=SHEET_COLUMNS)
    cursor = request.GET.get(CURSOR, "")
    sheets = CountSheet.objects.select_related("created_by")
    try:
        page = NEWEST.page(sheets, size=PAGE_SIZE, cursor=cursor)
    except BadCursor:
        cursor = ""
        page = NEWEST.page(sheets, size=PAGE_SIZE)
    context = {
        **view.context(cursor),
        "freshness": AsOf(timezone.now(), FRESH_SECONDS),
        "due": due_counts(now=timezone.now()),
        "rows": sheet_rows(page.rows),
        "pager": keyset_pager(page, view.url, total=CountSheet.objects.count()),
        "may_add": request.user.has_perm(ADD),
        "problem": problem,
    }
    response = render_page(
        request,
        "inventory/counts.html",
        fragment=COUNTS,
        context=context,
        status=problem.status if problem else 200,
    )
    return push_address(request, response, COUNTS, context["page_url"])


def _sheet(
    request: AuthenticatedHttpRequest, sheet_id: int, *, problem: Problem | None = None
) -> HttpResponse:
    found = CountSheet.objects.select_related("created_by").filter(pk=sheet_id).first()
    if found is None:
        raise Http404(f"There is no count sheet {sheet_id}.")
    lines = list(lines_of(found))
    user = request.user
    context = {
        "page_url": count_sheet_path(sheet_id),
        "list_url": COUNTS_PATH,
        "file_query": SHEET_SUBJECT.query(sheet_id),
        "freshness": AsOf(timezone.now(), FRESH_SECONDS),
        "sheet": found,
        "lines": [
            {
                "line": line,
                "told": figures_of(line),
                "url": product_path(line.product.sku),
                "act_url": f"{count_sheet_path(sheet_id)}{line.pk}/",
                "can_enter": user.has_perm(CHANGE)
                and line.state in (CountLineState.TO_COUNT, CountLineState.REFUSED),
                "can_approve": user.has_perm(APPROVE)
                and line.state == CountLineState.WAITING
                and line.counted_by_id != user.pk,
            }
            for line in lines
        ],
        "posted": sum(line.state == CountLineState.POSTED for line in lines),
        "problem": problem,
    }
    return render_page(
        request,
        "inventory/count_sheet.html",
        fragment=SHEET,
        context=context,
        status=problem.status if problem else 200,
    )
