"""System checks of the analytics app."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connection

from analytics.rollups.rebuilding import shop_time_zone


@register(Tags.database)
def rollups_follow_time_zone(databases: Any = None, **_kwargs: Any) -> list[CheckMessage]:
    """Sales must be bucketed in the shop's time zone; after a change only a rebuild does that."""
    if not databases:
        return []
    zone = shop_time_zone()
    if zone in (None, settings.TIME_ZONE) or not _has_sales():
        return []
    return [
        Error(
            f"SHOP_TIME_ZONE is {settings.TIME_ZONE}, but sales are summed up by days of {zone}.",
            hint=f"Run `manage.py rebuild_rollups`, or set SHOP_TIME_ZONE to {zone} again.",
            id="analytics.E001",
        )
    ]


def _has_sales() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM transactions)")
        return bool(cursor.fetchone()[0])
