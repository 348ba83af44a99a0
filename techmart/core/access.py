"""Who may open a page: signed in, and with Django's permission for it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url
from django.template.loader import render_to_string

from techmart.core.http import AuthenticatedHttpRequest
from techmart.core.models import User
from techmart.lib.htmx import HtmxHttpRequest

P = ParamSpec("P")
PageView = Callable[Concatenate[AuthenticatedHttpRequest, P], HttpResponseBase]
GuardedView = Callable[Concatenate[HtmxHttpRequest, P], HttpResponseBase]


class NotPermitted(PermissionDenied):
    """The person lacks a permission, "app.codename"; "" for pages of administrators."""

    def __init__(self, permission: str) -> None:
        super().__init__(permission)
        self.permission = permission


def page_for(permission: str) -> Callable[[PageView[P]], GuardedView[P]]:
    """Open a function view to people with a permission, such as "inventory.view_product".

    Others who are signed in get the 403 page. Who is not is sent to sign in; a fragment asked
    for by htmx answers 401, since a redirect would put the sign-in page into the region.
    """

    def decorate(view: PageView[P]) -> GuardedView[P]:
        return _guarded(view, lambda user: user.has_perm(permission), permission=permission)

    return decorate


def staff_page(view: PageView[P]) -> GuardedView[P]:
    """Open a function view to staff; others are answered as page_for does."""
    return _guarded(view, lambda user: user.is_staff)


def signed_in_page(view: PageView[P]) -> GuardedView[P]:
    """Open a function view to everyone who is signed in; others are answered as page_for does."""
    return _guarded(view, lambda _user: True)


def _guarded(
    view: PageView[P], may_open: Callable[[User], bool], *, permission: str = ""
) -> GuardedView[P]:
    @wraps(view)
    def guarded(request: HtmxHttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if not may_open(request.user):
            raise NotPermitted(permission)
        return view(cast(AuthenticatedHttpRequest, request), *args, **kwargs)

    return guarded


def _to_sign_in(request: HtmxHttpRequest) -> HttpResponse:
    if not request.htmx or request.htmx.boosted:
        return redirect_to_login(request.get_full_path())
    # Back to the page the person is on, not to the fragment.
    page = request.htmx.current_url_abs_path or request.get_full_path()
    response = HttpResponse(status=401)
    response["HX-Redirect"] = f"{resolve_url('login')}?{urlencode({'next': page})}"
    return response


def show_not_permitted(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403, naming the roles that may open the page; Django's handler403."""
    permission = exception.permission if isinstance(exception, NotPermitted) else ""
    context = {"roles": roles_with(permission) if permission else []}
    return HttpResponse(render_to_string("403.html", context, request), status=403)


def roles_with(permission: str) -> list[str]:
    """Return the groups that hold a permission, "app.codename", by name."""
    app, _, codename = permission.partition(".")
    holders = Group.objects.filter(
        permissions__codename=codename, permissions__content_type__app_label=app
    )
    return list(holders.order_by("name").values_list("name", flat=True))
