"""The page of results, and the options of the palette: one address."""

from typing import Any

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from techmart.core.access import signed_in_page
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.search.finding import FEW, LEAST_WORDS, MANY, clean, find
from techmart.core.search.pages import actions_for, pages_for
from techmart.lib.htmx import render_page, wanted_fragment

OPTIONS = "search/_options.html"
RESULTS = "search/_results.html"


@require_GET
@signed_in_page
def search(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show what the words of `q` name."""
    words = clean(request.GET.get("q", ""))
    in_palette = wanted_fragment(request, (OPTIONS, RESULTS)) == OPTIONS

    def context() -> dict[str, Any]:
        user = request.user
        return {
            "query": words,
            "too_short": len(words) < LEAST_WORDS,
            "pages": pages_for(request, user, words),
            "actions": actions_for(words) if in_palette else [],
            "groups": find(words, user=user, most=FEW if in_palette else MANY),
        }

    return render_page(
        request, "search/page.html", fragment=(OPTIONS, RESULTS), context=context, personal=True
    )
