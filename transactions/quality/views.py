"""The page of quality."""

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from techmart.core.access import page_for
from techmart.core.http import AuthenticatedHttpRequest
from techmart.lib.htmx import render_page
from transactions.quality.page import quality_context

QUALITY = "transactions/_quality.html"


@require_safe
@page_for("transactions.view_fraudlabel")
def quality(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show how well fraud was caught in the past weeks."""
    context = quality_context(user=request.user, now=timezone.now())
    return render_page(
        request, "transactions/quality.html", fragment=QUALITY, context=context, personal=True
    )
