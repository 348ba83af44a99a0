"""Pages of sales: the list, one sale, and what people do to it."""

from collections.abc import Callable
from functools import partial
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.template.loader import render_to_string
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.core.saved_views.opening import open_with_default
from techmart.lib.columns import single_values
from techmart.lib.htmx import add_toast, render_page, wanted_fragment
from transactions import services
from transactions.context_processors import review_count
from transactions.forms import ActForm, ReasonForm, ReferenceForm, RefundForm
from transactions.list_filters import CURSOR, parse_filters
from transactions.list_page import list_context
from transactions.models import Transaction
from transactions.reviews.case import REVIEW
from transactions.reviews.filters import parse_query
from transactions.sale_page import ActError, Way, sale_context

TABLE = "transactions/_table.html"
DETAIL = "transactions/_detail.html"
# Acts that need a reason, the service that does each, and what is said then.
_ACTS: dict[str, tuple[Callable[..., object], str]] = {
    "cancel": (services.cancel, "Cancelled: the units are back in stock."),
    "dispute": (services.open_dispute, "Noted as disputed."),
    "dispute-won": (services.close_dispute, "The dispute is closed; the sale stands."),
    "denied": (
        partial(services.note_customer_report, is_fraud=True),
        "Noted: the customer denies the order.",
    ),
    "confirmed": (
        partial(services.note_customer_report, is_fraud=False),
        "Noted: the customer confirms the order.",
    ),
}
# Acts that are booked once under a reference.
_BOOKED: dict[str, tuple[Callable[..., object], str]] = {
    "charge-back": (services.charge_back, "Charged back, and the order labelled as fraud."),
    "charge-back-reversed": (services.reverse_charge_back, "The money came again."),
}


@require_safe
@page_for("transactions.view_transaction")
def transaction_list(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show a page of the sales that the address asks for."""
    if there := open_with_default(request, "transactions"):
        return there
    filters = parse_filters(single_values(request.GET), zone=timezone.get_default_timezone())
    context = list_context(
        filters, cursor=request.GET.get(CURSOR, ""), user=request.user, now=timezone.now()
    )
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
    """Show one sale, with its case where it waits for a decision."""
    return detail_response(request, pk)


@require_POST
@page_for("transactions.change_transaction")
def act(request: AuthenticatedHttpRequest, pk: int, act: str) -> HttpResponse:
    """Cancel a sale, note what became of a dispute, or what the customer says."""
    service, done = _ACTS[act]
    return _carry_out(request, pk, act, ReasonForm(request.POST), service, done)


@require_POST
@page_for("transactions.change_transaction")
def book(request: AuthenticatedHttpRequest, pk: int, act: str) -> HttpResponse:
    """Book a chargeback, or its money that came again."""
    service, done = _BOOKED[act]
    return _carry_out(request, pk, act, ReferenceForm(request.POST), service, done)


@require_POST
@page_for("transactions.change_transaction")
def refund(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Give money back, and take units back into stock."""
    return _carry_out(request, pk, "refund", RefundForm(request.POST), services.refund, "Refunded.")


def _carry_out(
    request: AuthenticatedHttpRequest,
    pk: int,
    act: str,
    form: ActForm,
    service: Callable[..., object],
    done: str,
) -> HttpResponse:
    """Do it, and answer with the sale as it is now: 303 without script, else the fragment."""
    if not form.is_valid():
        return refused_form(request, pk, act, form)
    try:
        service(
            transaction_id=pk,
            actor=request.user,
            now=timezone.now(),
            request_id=request_id(request),
            **form.cleaned_data,
        )
    except Refusal as refusal:
        return refused(request, pk, act, form, refusal)
    if wanted_fragment(request, DETAIL):
        return with_count(request, add_toast(detail_response(request, pk), done))
    messages.success(request, done)
    return HttpResponse(status=303, headers={"Location": way_of(request).url(pk)})


def refused_form(
    request: AuthenticatedHttpRequest, pk: int, act: str, form: ActForm
) -> HttpResponse:
    """Show the sale with the form as it was sent and what is wrong with it."""
    error = ActError(act, "Correct what is marked and send it again.")
    return detail_response(request, pk, status=422, error=error, form=form)


def refused(
    request: AuthenticatedHttpRequest, pk: int, act: str, form: ActForm, refusal: Refusal
) -> HttpResponse:
    """Show the sale with why nothing was changed: 422, or 409 when it has moved on since."""
    if refusal.status == 404:
        raise Http404(refusal.detail) from refusal
    for problem in refusal.errors:
        form.add_error(problem.field if problem.field in form.fields else None, problem.message)
    moved_on = refusal.status == 409
    error = ActError(act, refusal.detail, "warn" if moved_on else "bad")
    return detail_response(request, pk, status=409 if moved_on else 422, error=error, form=form)


def detail_response(
    request: AuthenticatedHttpRequest,
    pk: int,
    *,
    status: int = 200,
    error: ActError | None = None,
    form: ActForm | None = None,
) -> HttpResponse:
    """Return the page of a sale, or its fragment."""
    txn = (
        Transaction.objects.select_related("product", "customer", "imported_from")
        .filter(pk=pk)
        .first()
    )
    if txn is None:
        raise Http404(f"There is no sale {pk}.")
    context = sale_context(
        txn,
        way=way_of(request),
        user=request.user,
        now=timezone.now(),
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


def way_of(request: AuthenticatedHttpRequest) -> Way:
    """Return how the page was reached, from its address."""
    if REVIEW in request.GET:
        return Way(review=parse_query(request.GET[REVIEW]))
    return Way(queue=request.GET.get("queue", ""))


def with_count(request: AuthenticatedHttpRequest, response: HttpResponse) -> HttpResponse:
    """Add the number of cases to review to a fragment, beside the page's name in the navigation."""
    # Counted anew: a cached number may be a second older than this act.
    counter: dict[str, Any] = {
        "name": "nav-review-count",
        "count": review_count(request.user, refresh=True),
        "what": "to review",
        "oob": True,
    }
    response.write(render_to_string("components/nav_count.html", counter))
    return response


def request_id(request: AuthenticatedHttpRequest) -> str:
    """Return the id that log lines of this request carry."""
    return str(request.META.get("TECHMART_REQUEST_ID", ""))
