"""Types of requests as views receive them."""

from django.http import HttpRequest

from techmart.core.models import User
from techmart.lib.htmx import HtmxHttpRequest


class AuthenticatedHttpRequest(HtmxHttpRequest):
    """A request of someone who is signed in: what a view behind `login_required` gets."""

    user: User


def posted_version(request: HttpRequest) -> int:
    """Return the version that a form was filled in from; 0, which nothing has, for a wrong one."""
    given = request.POST.get("version", "")
    return int(given) if given.isdecimal() and len(given) < 10 else 0
