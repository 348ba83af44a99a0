"""The page of quality, and which model scores."""

from collections.abc import Callable

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.problems import Refusal
from techmart.lib.htmx import add_toast, render_page, wanted_fragment
from transactions.models import FraudModel
from transactions.quality.page import CHANGE_MODELS, QUALITY_PATH, quality_context
from transactions.services.fraud_models import promote_model, roll_back_model

QUALITY = "transactions/_quality.html"


@require_safe
@page_for("transactions.view_fraudlabel")
def quality(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show how well fraud was caught in the past weeks."""
    return _page(request)


@require_POST
@page_for(CHANGE_MODELS)
def roll_back(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Put the champion before this one back in place."""
    return _act(request, lambda: roll_back_model(actor=request.user, now=timezone.now()))


@require_POST
@page_for(CHANGE_MODELS)
def promote(request: AuthenticatedHttpRequest, pk: int) -> HttpResponse:
    """Put a kept model in place."""
    return _act(request, lambda: promote_model(model_id=pk, actor=request.user, now=timezone.now()))


def _act(request: AuthenticatedHttpRequest, carry_out: Callable[[], FraudModel]) -> HttpResponse:
    try:
        said, good = f"{carry_out().version} scores from now on.", True
    except Refusal as refusal:
        if refusal.status == 404:
            raise Http404(refusal.detail) from refusal
        said, good = refusal.detail, False
    if wanted_fragment(request, QUALITY):
        return add_toast(_page(request), said, good=good)
    (messages.success if good else messages.error)(request, said)
    return HttpResponse(status=303, headers={"Location": QUALITY_PATH})


def _page(request: AuthenticatedHttpRequest) -> HttpResponse:
    context = quality_context(user=request.user, now=timezone.now())
    return render_page(
        request, "transactions/quality.html", fragment=QUALITY, context=context, personal=True
    )
