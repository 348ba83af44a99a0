"""What the navigation of every page shows of sales."""

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest

from techmart.core.models import User
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import SALES_TO_REVIEW
from transactions.models import Transaction

VIEW_SALES = "transactions.view_transaction"


def queue(request: HttpRequest) -> dict[str, Callable[[], int | None]]:
    """Return the number of sales held for review; read when a template first asks for it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"review_count": lru_cache(maxsize=1)(lambda: review_count(user))}


def review_count(user: User, *, refresh: bool = False) -> int | None:
    """Return how many sales wait for an analyst; None without the permission to view them.

    refresh: count anew, for the answer to a decision of this person's.
    """
    if not user.has_perm(VIEW_SALES):
        return None
    held = Transaction.objects.awaiting_review()
    return get_or_compute(SALES_TO_REVIEW, {}, held.count, refresh=refresh).value
