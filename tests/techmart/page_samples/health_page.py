"""The page for operators."""

from datetime import timedelta
from typing import Any

from techmart.lib.page_parts import (
    AsOf,
)
from tests.techmart.page_samples.shared import NOW


def health() -> dict[str, Any]:
    return {
        "page_url": "/health/",
        "freshness": AsOf(NOW, 60),
        "checks": [
            {"name": n, "ok": n != "Queue", "detail": d, "milliseconds": 1.24}
            for n, d in (
                ("Database", "PostgreSQL 18.1"),
                ("Cache", "Valkey 9.1"),
                ("Queue", "no answer"),
                ("Migrations", "all applied"),
            )
        ],
        "views": [
            {
                "name": f"view_{i}_mv",
                "label": label,
                "refreshed_at": NOW - timedelta(seconds=40 * i),
                "limit_seconds": 120,
                "duration_ms": 12.0 * (i + 1),
                "rows": 1 + i,
                "error": "lock timeout" if i == 2 else "",
            }
            for i, label in enumerate(("Dashboard overview", "Hourly sales", "Top products"))
        ]
        + [
            {
                "name": "x_mv",
                "label": "Segments",
                "refreshed_at": None,
                "limit_seconds": 14400,
                "duration_ms": None,
                "rows": None,
                "error": "",
            }
        ],
        "queues": [
            {
                "name": n,
                "depth": 0,
                "oldest_seconds": None,
                "heartbeat_at": NOW,
                "limit_seconds": 120,
            }
            for n in ("refresh", "alerts", "forecast")
        ],
        "drift": [
            {
                "name": "stock",
                "label": "Stock ledger",
                "ok": True,
                "checked_at": NOW,
                "differences": 0,
            },
            {
                "name": "rollups",
                "label": "Rollups",
                "ok": None,
                "checked_at": None,
                "differences": 0,
            },
            {
                "name": "totals",
                "label": "Product totals",
                "ok": False,
                "checked_at": NOW,
                "differences": 3,
            },
        ],
        "streams": [{"topic": "alerts", "head": 812, "epoch": "0b7e", "unsent": 0}],
        "versions": [("Django", "5.2.19"), ("Python", "3.11.7")],
    }
