"""What the head of every page shows of alerts, and where its live cursors begin."""

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from django.http import HttpRequest

from alerts.models import Alert
from alerts.querysets import VIEW_ALERTS
from alerts.stream import current_heads
from techmart.core.models import User
from techmart.lib.cache import get_or_compute
from techmart.lib.cache.registry import OPEN_ALERTS


def bell(request: HttpRequest) -> dict[str, Callable[[], Any]]:
    """Return the number of alerts that need attention, and the heads of all topics.

    Both are read when a template first asks for them: most fragments do not.
    """
    user = getattr(request, "user", None)
    if not isinstance(user, User):
        return {}
    return {
        "open_alert_count": lru_cache(maxsize=1)(lambda: open_alert_count(user)),
        "live_heads": lru_cache(maxsize=1)(live_heads),
    }


def open_alert_count(user: User, *, refresh: bool = False) -> int | None:
    """Return how many alerts the bell shows this person; None without the permission to view.

    refresh: count anew, for the answer to a change of this person's.
    """
    if not user.has_perm(VIEW_ALERTS):
        return None
    return get_or_compute(
        OPEN_ALERTS,
        {"audience": _audience_name(user)},
        lambda: Alert.objects.visible_to(user).needing_attention().count(),
        refresh=refresh,
    ).value


def _audience_name(user: User) -> str:
    """Name the set of alerts a person can see: people with the same permissions share a count."""
    if user.is_superuser:
        return "all"
    names = "\n".join(sorted(user.get_all_permissions()))
    return hashlib.sha256(names.encode()).hexdigest()[:16]


def live_heads() -> dict[str, dict[str, Any]]:
    """Return where each topic's cursor begins for a page made now."""
    return {head.topic: {"epoch": head.epoch, "head": head.head} for head in current_heads()}
