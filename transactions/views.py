"""Pages of sales: the list, one sale, and what people do to it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.htmx import add_toast, render_page, wanted_fragment
from transactions import services
from transactions.context_processors import review_count
from transactions.forms import ActForm, ReasonForm, RefundForm
from transactions.list_filters import CURSOR, parse_filters
from transactions.list_page import list_context
from transactions.models import Transaction
from transactions.sale_page import ActError, sale_context, sale_url

TABLE = "transactions/_table.html"
DETAIL = "transactions/_detail.html"
_DECISIONS: dict[str, Callable[..., Transaction]] = {
    "approve": services.approve,
    "decline": services.decline,
    "cancel": services.cancel,
}
_DONE = {
    "approve": "Approved: the sale is complete.",
    "decline": "Declined: the units are back in stock.",
    "cancel": "Cancelled: the units are back in stock.",
    "refund": "Refunded.",
}


@require_safe
@page_for("transactions.view_transaction")
def transaction_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the sales that the address asks for."""
    filters = parse_filters(request.GET.dict(), zone=timezone.get_default_timezone())
    context = list_context(filters, cursor=request.GET.get(CURSOR, ""), now=timezone.now())
    response = render_page(
        request, "transactions/list.html", fragment=TABLE, context=context, personal=True
    )
    if wanted_fragment(request, TABLE) and request.get_full_path() != context["page_url"]:
        # A form writes its fields in its own order, and what was ignored is gone.
        response["HX-Push-Url"] = context["page_url"]
    return response


@require_safe
@page_for("transactions.view_transaction")
def transaction_detail(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Show one sale."""
    return _detail(request, pk)


@require_POST
@page_for("transactions.change_transaction")
def decide(request: AuthenticatedHttpRequest, pk: int, act: str) -> HttpResponse:
    """Approve, decline or cancel a sale."""
    form = ReasonForm(request.POST)

    def carry_out() -> object:
        return _DECISIONS[act](
            transaction_id=pk,
            actor=request.user,
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
            request_id=_request_id(request),
        )

    return _act(request, pk, act, form, carry_out)


@require_POST
@page_for("transactions.change_transaction")
def refund(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give money back, and take units back into stock."""
    form = RefundForm(request.POST)

    def carry_out() -> object:
        return services.refund(
            transaction_id=pk,
            actor=request.user,
            now=timezone.now(),
            request_id=_request_id(request),
            **form.cleaned_data,
        )

    return _act(request, pk, "refund", form, carry_out)


def _act(
    request: AuthenticatedHttpRequest,
    pk: int,
    act: str,
    form: ActForm,
    carry_out: Callable[[], object],
) -> HttpResponse:
    """Do it, and answer with the sale as it is now: 303 without script, else the fragment.

    What is refused answers with the sale, the form as sent and why: 422, or 409 when the sale is
    no longer where the person saw it.
    """
    if not form.is_valid():
        error = ActError(act, "Correct what is marked and send it again.")
        return _detail(request, pk, status=422, error=error, form=form)
    try:
        carry_out()
    except services.UnknownSale as refusal:
        raise Http404(refusal.detail) from refusal
    except Refusal as refusal:
        for problem in refusal.errors:
            form.add_error(problem.field if problem.field in form.fields else None, problem.message)
        moved_on = refusal.status == 409
        error = ActError(act, refusal.detail, "warn" if moved_on else "bad")
        return _detail(request, pk, status=409 if moved_on else 422, error=error, form=form)
    if wanted_fragment(request, DETAIL):
        answer = add_toast(_detail(request, pk), _DONE[act])
        # Counted anew: a cached number may be a second older than this act.
        counter = {
            "name": "nav-review-count",
            "count": review_count(request.user, refresh=True),
            "what": "to review",
            "oob": True,
        }
        answer.write(render_to_string("components/nav_count.html", counter))
        return answer
    messages.success(request, _DONE[act])
    return HttpResponse(status=303, headers={"Location": sale_url(pk, _queue(request))})


def _detail(
    request: AuthenticatedHttpRequest,
    pk: int,
    *,
    status: int = 200,
    error: ActError | None = None,
    form: ActForm | None = None,
) -> HttpResponse:
    txn = (
        Transaction.objects.select_related("product", "customer", "imported_from", "reviewed_by")
        .filter(pk=pk)
        .first()
    )
    if txn is None:
        raise Http404(f"There is no sale {pk}.")
    context = sale_context(
        txn,
        queue=_queue(request),
        now=timezone.now(),
        may_act=request.user.has_perm("transactions.change_transaction"),
        error=error,
        form=form,
    )
    return render_page(
        request,
        "transactions/detail.html",
        fragment=DETAIL,
        context=context,
        status=status,
        personal=True,
    )


def _queue(request: AuthenticatedHttpRequest) -> str:
    return request.GET.get("queue", "")


def _request_id(request: AuthenticatedHttpRequest) -> str:
    return str(request.META.get("TECHMART_REQUEST_ID", ""))
