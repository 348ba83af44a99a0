"""What the navigation of every page shows of sales."""

from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest
from django.utils import timezone

from techmart.core.models import User
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import SALES_TO_REVIEW
from transactions.reviews.queue import count_open

VIEW_SALES = "transactions.view_transaction"


def queue(request: HttpRequest) -> dict[str, Callable[[], int | None]]:
    """Return how many cases wait for review; read when a template first asks for it."""
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {"review_count": lru_cache(maxsize=1)(lambda: review_count(user))}


def review_count(user: User, *, refresh: bool = False) -> int | None:
    """Return how many held orders wait for an analyst; None without permission to view sales.

    refresh: count anew, for the answer to a decision of this person's.
    """
    if not user.has_perm(VIEW_SALES):
        return None
    now = timezone.now()
    return get_or_compute(SALES_TO_REVIEW, {}, lambda: count_open(now=now), refresh=refresh).value
