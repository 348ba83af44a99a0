"""The menu and the page of a list's views."""

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from techmart.core.access import signed_in_page
from techmart.core.exports.registry import ExportList, NoSuchList, find
from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.models import SavedView, User
from techmart.core.problems import Refusal
from techmart.core.saved_views import services
from techmart.lib.htmx import render_page, see_other

MENU = "core/_views.html"


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in_page
def list_views(request: AuthenticatedHttpRequest, key: str) -> HttpResponseBase:
    """Show a list's views with the form that keeps the present one; keep it."""
    listed = _listed(key, request.user)
    query = request.POST.get("query") or request.GET.get("query", "")
    if request.method != "POST":
        return _page(request, listed, query)
    try:
        view = services.save_view(
            key=key,
            name=request.POST.get("name", ""),
            query=query,
            shared="shared" in request.POST,
            is_default="is_default" in request.POST,
            user=request.user,
            now=timezone.now(),
        )
    except Refusal as refusal:
        return _page(request, listed, query, error=refusal.detail, status=refusal.status)
    messages.success(request, f"{view.name} is kept among the views of {listed.title.lower()}")
    return see_other(request, f"{listed.path}?{view.query}" if view.query else listed.path)


@require_POST
@signed_in_page
def change_view(request: AuthenticatedHttpRequest, pk: int) -> HttpResponseBase:
    """Make a view the default of its list or no more, or remove it."""
    act = request.POST.get("act", "")
    try:
        if act == "delete":
            view = services.delete_view(view_id=pk, user=request.user)
            messages.success(request, f"{view.name} was removed")
        else:
            wanted = act == "default"
            view = services.set_default(view_id=pk, is_default=wanted, user=request.user)
            how = "opens by itself" if wanted else "does not open by itself any more"
            messages.success(request, f"{view.name} {how}")
    except SavedView.DoesNotExist as error:
        raise Http404("There is no such view of yours.") from error
    return see_other(request, reverse("views:list", args=[view.list_key]))


def _listed(key: str, user: User) -> ExportList:
    try:
        listed = find(key, user)
    except NoSuchList as refusal:
        raise Http404(refusal.detail) from refusal
    if listed.subject:
        raise Http404("Views are kept of whole lists, not of a page about one thing.")
    return listed


def _page(
    request: AuthenticatedHttpRequest,
    listed: ExportList,
    query: str,
    *,
    error: str = "",
    status: int = 200,
) -> HttpResponse:
    views = services.views_of(listed.key, request.user)
    address = reverse("views:list", args=[listed.key])
    context: dict[str, Any] = {
        "page_url": f"{address}?{urlencode({'query': query})}" if query else address,
        "post_url": address,
        "list_title": listed.title,
        "list_url": f"{listed.path}?{query}" if query else listed.path,
        "query": query,
        "error": error,
        "name": request.POST.get("name", ""),
        "rows": [
            {
                "pk": view.pk,
                "name": view.name,
                "url": f"{listed.path}?{view.query}" if view.query else listed.path,
                "mine": view.owner_id == request.user.pk,
                "owner": view.owner.get_full_name() or view.owner.email,
                "shared": view.shared,
                "is_default": view.is_default and view.owner_id == request.user.pk,
                "change_url": reverse("views:change", args=[view.pk]),
            }
            for view in views
        ],
    }
    return render_page(
        request, "core/views.html", fragment=MENU, context=context, status=status, personal=True
    )
