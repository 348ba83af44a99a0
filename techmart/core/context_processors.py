"""What every page shows around its content."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest

from techmart.core.exports.notice import tell_of_files
from techmart.core.navigation import navigation
from techmart.core.shop import shop_settings
from techmart.lib.htmx import DENSITY_COOKIE, THEME_COOKIE

LIVE_PATH = "/ws/live/"
EVENTS_PATH = "/api/v1/events/"


def shell(request: HttpRequest) -> dict[str, Any]:
    """Shop name, simulated parts, look, navigation, and where live changes come from."""
    shop = shop_settings()
    user = getattr(request, "user", None)
    if hasattr(request, "session") and "HX-Request" not in request.headers:
        tell_of_files(request)
    return {
        "shop": shop,
        "simulated": frozenset(shop.simulated),
        "simulated_data": bool(shop.simulated),
        "simulated_parts": sorted(re.sub(r"[._]", " ", part) for part in shop.simulated),
        # Another port of the host the page was opened under: the page completes the address.
        "live_url": LIVE_PATH if settings.LIVE_SAME_ORIGIN else f":{settings.LIVE_PORT}{LIVE_PATH}",
        "events_url": EVENTS_PATH,
        "shop_time_zone": settings.TIME_ZONE,
        "shop_currency": settings.SHOP_CURRENCY,
        # A cookie, so that a choice holds at once and before sign-in; else the profile's.
        "theme": _look(request, THEME_COOKIE, ("light", "dark"), getattr(user, "theme", "")),
        "density": _look(request, DENSITY_COOKIE, ("compact",), getattr(user, "density", "")),
        "nav": navigation(request),
    }


def _look(request: HttpRequest, cookie: str, values: tuple[str, ...], profile: str) -> str:
    """Return the chosen value, "" for what pages look like by default."""
    chosen = request.COOKIES.get(cookie) or profile
    return chosen if chosen in values else ""
