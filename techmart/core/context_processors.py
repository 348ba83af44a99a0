"""What every page shows around its content."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from techmart.core.shop import shop_settings


def shell(request: HttpRequest) -> dict[str, Any]:
    """Shop name, simulated parts and where the live socket is."""
    shop = shop_settings()
    return {
        "shop": shop,
        "simulated": frozenset(shop.simulated),
        "simulated_data": bool(shop.simulated),
        "live_port": None if settings.LIVE_SAME_ORIGIN else settings.LIVE_PORT,
        "shop_time_zone": settings.TIME_ZONE,
    }
