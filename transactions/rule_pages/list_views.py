"""Pages of value lists."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.htmx import add_toast, render_page, see_other, wanted_fragment
from transactions.models import ValueList
from transactions.rule_pages.addresses import list_url
from transactions.rule_pages.answers import by_field, typed_moment
from transactions.rule_pages.list_contexts import list_context, lists_context
from transactions.services import rules

LISTS = "transactions/_value_lists.html"
LIST = "transactions/_value_list.html"
MAY_VIEW = "transactions.view_valuelist"
MAY_CHANGE = "transactions.change_valuelist"
MAY_ADD = "transactions.add_valuelist"


@require_http_methods(["GET", "HEAD", "POST"])
@page_for(MAY_VIEW)
def value_lists(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show all lists; make one."""
    may_change = request.user.has_perm(MAY_ADD)
    typed: dict[str, str] = {}
    errors: dict[str, str] = {}
    if request.method == "POST":
        if not may_change:
            raise PermissionDenied
        typed = {name: request.POST.get(name, "") for name in ("key", "name", "kind", "reason")}
        watched = request.POST.get("watched") == "on"
        typed |= {"watched": "on"} if watched else {}
        try:
            made = rules.create_list(
                **{name: typed[name] for name in ("key", "name", "kind", "reason")},
                watched=watched,
                actor=request.user,
                now=timezone.now(),
            )
        except Refusal as refusal:
            errors = by_field(refusal)
        else:
            return see_other(request, list_url(made.key))
    context = lists_context(now=timezone.now(), may_change=may_change, typed=typed, errors=errors)
    return render_page(
        request,
        "transactions/value_lists.html",
        fragment=LISTS,
        context=context,
        status=422 if errors else 200,
    )


@require_safe
@page_for(MAY_VIEW)
def value_list(request: AuthenticatedHttpRequest, key: str) -> HttpResponse:
    """Show what stands in a list."""
    return _list_page(request, key)


@require_POST
@page_for(MAY_CHANGE)
def add_values(request: AuthenticatedHttpRequest, key: str) -> HttpResponse:
    """Add values to a list, one a line."""
    typed = {name: request.POST.get(name, "") for name in ("values", "expires_at", "reason")}

    def add() -> str:
        added = rules.add_values(
            key=key,
            values=[line for line in typed["values"].splitlines() if line.strip()],
            expires_at=typed_moment(typed["expires_at"]),
            reason=typed["reason"],
            actor=request.user,
            now=timezone.now(),
        )
        return f"{added.added} added, {added.changed} with a new end, {added.unchanged} as before."

    return _change_list(request, key, add, typed)


@require_POST
@page_for(MAY_CHANGE)
def end_values(request: AuthenticatedHttpRequest, key: str) -> HttpResponse:
    """End one value of a list."""
    value = request.POST.get("value", "")

    def end() -> str:
        rules.end_values(key=key, values=[value], reason="", actor=request.user, now=timezone.now())
        return f"{value} no longer stands in the list."

    return _change_list(request, key, end, {})


def _list_page(
    request: AuthenticatedHttpRequest,
    key: str,
    *,
    status: int = 200,
    typed: Mapping[str, str] | None = None,
    errors: Mapping[str, str] | None = None,
) -> HttpResponse:
    found = ValueList.objects.filter(key=key).first()
    if found is None:
        raise Http404(f"There is no list {key}.")
    context = list_context(
        found,
        cursor=request.GET.get("after", ""),
        now=timezone.now(),
        may_change=request.user.has_perm(MAY_CHANGE),
        typed=typed,
        errors=errors,
    )
    return render_page(
        request, "transactions/value_list.html", fragment=LIST, context=context, status=status,
        personal=True,
    )  # fmt: skip


def _change_list(
    request: AuthenticatedHttpRequest,
    key: str,
    change: Callable[[], str],
    typed: Mapping[str, str],
) -> HttpResponse:
    try:
        done = change()
    except rules.UnknownRule as refusal:
        raise Http404(refusal.detail) from refusal
    except Refusal as refusal:
        return _list_page(request, key, status=422, typed=typed, errors=by_field(refusal))
    if wanted_fragment(request, LIST):
        return add_toast(_list_page(request, key), done)
    messages.success(request, done)
    return see_other(request, list_url(key))
