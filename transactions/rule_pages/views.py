"""Pages of rules: the list, one rule, and what people do to it."""

from collections.abc import Callable, Mapping

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import add_toast, push_address, render_page, see_other, wanted_fragment
from techmart.lib.plain_list import parse_plain_list
from transactions.rule_pages.addresses import rule_url, rules_url
from transactions.rule_pages.answers import found_rule, typed_day
from transactions.rule_pages.contexts import RULE_COLUMNS, ActError, rule_context, rules_context
from transactions.services import rules

RULES = "transactions/_rules.html"
RULE = "transactions/_rule.html"
MAY_VIEW = "transactions.view_fraudrule"
MAY_CHANGE = "transactions.change_fraudrule"
MAY_ADD = "transactions.add_fraudrule"
_DONE = {
    "backtest": "The backtest is on its way.",
    "shadow": "In shadow: hits are counted and change nothing.",
    "stop-shadow": "The shadow is stopped.",
    "activate": "Active: the rule decides from now on.",
    "approve": "Approved.",
    "retire": "Retired: the rule runs no longer.",
}


@require_safe
@page_for(MAY_VIEW)
def rule_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show all rules."""
    if there := open_with_default(request, "fraud-rules"):
        return there
    view = parse_plain_list(single_values(request.GET), path=rules_url(), columns=RULE_COLUMNS)
    context = rules_context(view, now=timezone.now(), may_change=request.user.has_perm(MAY_ADD))
    response = render_page(request, "transactions/rules.html", fragment=RULES, context=context)
    return push_address(request, response, RULES, view.url())


@require_safe
@page_for(MAY_VIEW)
def rule_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show one rule."""
    return _rule_page(request, pk)


@require_POST
@page_for(MAY_CHANGE)
def act(request: AuthenticatedHttpRequest, pk: int, act: str) -> HttpResponse:
    """Carry an act out on the version that the page shows."""
    if act not in _ACTS:
        raise Http404(f"Nothing is called {act}.")
    posted = request.POST
    number = int(posted["number"]) if posted.get("number", "").isdecimal() else 0
    try:
        _ACTS[act](request, pk, number)
    except rules.UnknownRule as refusal:
        raise Http404(refusal.detail) from refusal
    except Refusal as refusal:
        error = ActError(
            refusal.detail,
            {each.field: each.message for each in refusal.errors},
            "warn" if refusal.status == 409 else "bad",
        )
        typed = {name: posted.get(name, "") for name in ("since", "until", "reason")}
        return _rule_page(
            request, pk, number=number, status=refusal.status, error=error, typed=typed
        )
    if wanted_fragment(request, RULE):
        return add_toast(_rule_page(request, pk, number=number), _DONE[act])
    messages.success(request, _DONE[act])
    return see_other(request, rule_url(pk, version=number))


def _backtest(request: AuthenticatedHttpRequest, pk: int, number: int) -> None:
    rules.request_backtest(
        rule_id=pk,
        number=number,
        actor=request.user,
        now=timezone.now(),
        since=typed_day(request.POST, "since"),
        until=typed_day(request.POST, "until"),
    )


def _approve(request: AuthenticatedHttpRequest, pk: int, number: int) -> None:
    rules.approve_version(
        rule_id=pk, number=number, reason="", actor=request.user, now=timezone.now()
    )


def _retire(request: AuthenticatedHttpRequest, pk: int, _number: int) -> None:
    rules.retire(
        rule_id=pk,
        reason=request.POST.get("reason", ""),
        actor=request.user,
        now=timezone.now(),
    )


_ACTS: dict[str, Callable[[AuthenticatedHttpRequest, int, int], object]] = {
    "backtest": _backtest,
    "shadow": lambda request, pk, number: rules.start_shadow(
        rule_id=pk, number=number, actor=request.user, now=timezone.now()
    ),
    "stop-shadow": lambda request, pk, _number: rules.stop_shadow(
        rule_id=pk, actor=request.user, now=timezone.now()
    ),
    "activate": lambda request, pk, number: rules.activate(
        rule_id=pk, number=number, actor=request.user, now=timezone.now()
    ),
    "approve": _approve,
    "retire": _retire,
}


def _rule_page(
    request: AuthenticatedHttpRequest,
    pk: int,
    *,
    number: int | None = None,
    status: int = 200,
    error: ActError | None = None,
    typed: Mapping[str, str] | None = None,
) -> HttpResponse:
    asked = request.GET.get("version", "")
    context = rule_context(
        found_rule(pk),
        number=number if number is not None else int(asked) if asked.isdecimal() else None,
        now=timezone.now(),
        may_change=request.user.has_perm(MAY_CHANGE),
        error=error,
        typed=typed,
    )
    return render_page(
        request, "transactions/rule.html", fragment=RULE, context=context, status=status
    )
