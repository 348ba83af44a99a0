"""The moment, the windows and the parts that all samples have."""

import math
from datetime import UTC, date, datetime, timedelta
from typing import Any

from techmart.core.navigation import PAGES, NavigationItem
from techmart.lib import formats
from techmart.lib.page_parts import (
    AsOf,
    Tile,
    Window,
)

NOW = datetime(2026, 11, 24, 19, 32, 10, tzinfo=UTC)
STAMP = AsOf(NOW - timedelta(seconds=41), 120)
THIS = Window(date(2026, 10, 27), date(2026, 11, 24))
BEFORE = Window(date(2026, 9, 29), date(2026, 10, 27))
WEEK = (0.92, 0.95, 0.97, 1.0, 1.12, 1.18, 0.86)


class Person:
    """Stands in for a signed-in user."""

    pk = 1
    email = "sofia.brandt@example.com"
    is_staff = True
    is_authenticated = True
    single_key_shortcuts = True

    def get_full_name(self) -> str:
        return "Sofia Brandt"

    def get_short_name(self) -> str:
        return "Sofia"


def wave(days: int, base: float, growth: float = 0.0) -> list[float]:
    """A weekly pattern without chance."""
    return [
        base
        * (1 + growth * i / days)
        * (1 + 1.8 * (WEEK[i % 7] - 1))
        * (1 + 0.05 * math.sin(i * 7))
        for i in range(days)
    ]


def day_names(days: int, last: date) -> list[str]:
    return [formats.day(last - timedelta(days=days - 1 - i), year=False) for i in range(days)]


def dollars(value: float) -> str:
    return formats.money(value, "USD", places=0)


def dollar_tick(value: float) -> str:
    return formats.axis_number(value, currency="USD")


def shell(current: str = "Dashboard") -> dict[str, Any]:
    addresses = (
        "/",
        "/transactions/",
        "/inventory/",
        "/analytics/",
        "/alerts/",
        "/health/",
        "/api/docs/",
        "/admin/",
    )
    return {
        "user": Person(),
        "nav": [
            NavigationItem(page, url, page.label == current)
            for page, url in zip(PAGES, addresses, strict=True)
        ],
        "theme": "",
        "density": "",
        "live_url": ":8001/ws/live/",
        "events_url": "/api/v1/events/",
        "live_heads": {"alerts": {"epoch": "e1", "head": 7}},
        "shop_time_zone": "America/New_York",
        "shop_currency": "USD",
        "simulated_data": True,
        "simulated_parts": ["product name", "stock", "supplier lead time"],
        "open_alert_count": 6,
        "review_count": 14,
        "csrf_token": "csrf-sample",
    }


def tile(key: str, label: str, value: Any, kind: Any, **more: Any) -> Tile:
    return Tile(
        key,
        label,
        value,
        kind,
        href="/transactions/?period=28d",
        definition="Total of all lines completed in the period, less refunds and chargebacks.",
        as_of=STAMP,
        **more,
    )
