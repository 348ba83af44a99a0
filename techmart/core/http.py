"""Types of requests as views receive them."""

from techmart.core.models import User
from techmart.lib.htmx import HtmxHttpRequest


class AuthenticatedHttpRequest(HtmxHttpRequest):
    """A request of someone who is signed in: what a view behind `login_required` gets."""

    user: User
