"""Opens a list with the view that a person chose for it."""

from urllib.parse import urlsplit

from django.http import HttpResponseRedirect

from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.models import SavedView


def open_with_default(request: AuthenticatedHttpRequest, key: str) -> HttpResponseRedirect | None:
    """Return the way to the person's default view of a list, None where it is not wanted.

    Only for the bare address, and not for who comes from the list itself: "Clear filters" leads
    to the bare address too.
    """
    if request.GET or "HX-Request" in request.headers:
        return None
    if urlsplit(request.headers.get("Referer", "")).path == request.path:
        return None
    query = (
        SavedView.objects.filter(list_key=key, owner=request.user, is_default=True)
        .values_list("query", flat=True)
        .first()
    )
    return HttpResponseRedirect(f"{request.path}?{query}") if query else None
