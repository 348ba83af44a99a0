"""Rows of alerts, their list and one of them."""

from datetime import timedelta
from typing import Any

from techmart.lib.page_parts import (
    AsOf,
    Column,
    Link,
    Option,
    Pager,
    Select,
    row_summary,
)
from tests.techmart import core_samples
from tests.techmart.page_samples.shared import (
    NOW,
)


def alerts() -> list[dict[str, Any]]:
    rows = (
        (
            "critical",
            "stock.out",
            "Out of stock",
            "VoltCore 65 W GaN Charger is sold out",
            "0 on hand since 11:40. No order open.",
            "open",
            1,
            2,
        ),
        (
            "critical",
            "fraud.review",
            "Sale held for review",
            "TX-104928 is held for review",
            "$1,249.00, score 87: amount 6.2 times usual.",
            "open",
            1,
            9,
        ),
        (
            "high",
            "stock.low",
            "Low stock",
            "Nimbus ANC Headphones is below its reorder point",
            "88 available, 18.4 sold a day, lead time 12 days.",
            "acknowledged",
            3,
            130,
        ),
        (
            "medium",
            "ops.queue_age",
            "Jobs are waiting",
            "Queue forecast has waited 4 min",
            "",
            "open",
            1,
            260,
        ),
        (
            "low",
            "stock.low",
            "Low stock",
            "Halo Ring Light is below its reorder point",
            "27 available.",
            "snoozed",
            1,
            900,
        ),
        (
            "info",
            "ops.stale_view",
            "Numbers are late",
            "Top products were late",
            "Back since 09:14.",
            "resolved",
            1,
            3000,
        ),
    )
    return [
        {
            "pk": i + 1,
            "severity": sev,
            "kind": kind,
            "kind_label": label,
            "title": title,
            "message": message,
            "subject_url": "/inventory/products/VC-GAN-65/" if i != 3 else "",
            "url": f"/alerts/{i + 1}/",
            "state": state,
            "occurrences": times,
            "assigned_to": "" if i % 2 else "Sofia Brandt",
            "first_at": NOW - timedelta(minutes=minutes * 2),
            "last_at": NOW - timedelta(minutes=minutes),
            "acknowledge_url": f"/alerts/{i + 1}/acknowledge/" if state == "open" else "",
        }
        for i, (sev, kind, label, title, message, state, times, minutes) in enumerate(rows)
    ]


def alert_list() -> dict[str, Any]:
    return {
        "page_url": "/alerts/",
        "clear_url": "/alerts/",
        "freshness": AsOf(NOW, 60),
        "tabs": [
            Link("Open", "/alerts/", True, 6, "bad"),
            Link("Snoozed", "/alerts/?state=snoozed", False, 2),
            Link("Resolved", "/alerts/?state=resolved", False, 118),
        ],
        "selects": [
            Select(
                "sev", "Severity", [Option("", "All severities"), Option("critical", "Critical")]
            )
        ],
        "chips": [],
        "hidden": [],
        "column_menu": core_samples.EVERY_COLUMN,
        "columns": [
            Column("Alert", name="alert"),
            Column("Type", hide="opt-l", name="type"),
            Column("Assigned to", name="who"),
            Column("Age", align="r", name="age"),
            Column("Actions", label_hidden=True),
        ],
        "rows": alerts(),
        "pager": Pager(row_summary(6, 6)),
        "filtered": False,
    }


def alert_detail() -> dict[str, Any]:
    events = (
        ("Assigned", "To Sofia Brandt", "You", 4),
        ("Acknowledged", "Until 24 Nov 2026 15:28:00", "Marcus Oyelaran", 6),
        ("Became more severe", "High. 3 left, 12 sold a day.", "TechMart", 12),
        ("Opened", "Medium. 9 left, 12 sold a day.", "TechMart", 95),
    )
    return {
        "page_url": "/alerts/1/",
        "back_url": "/alerts/",
        "freshness": AsOf(NOW, 60),
        "row": alerts()[0],
        "standing": "Acknowledged by Marcus Oyelaran, until 24 Nov 2026 15:28:00.",
        "reopened": "1 time",
        "facts": [("Stock", 3), ("Reorder point", 40)],
        "history": [
            {"at": NOW - timedelta(minutes=ago), "title": title, "detail": detail, "actor": who}
            for title, detail, who, ago in events
        ],
        "acts": {
            act: f"/alerts/1/{act}/" for act in ("acknowledge", "snooze", "assign", "resolve")
        },
        "people": [(Option("", "Nobody"), False), (Option("1", "Sofia Brandt"), True)],
        "snoozes": [Option("1h", "1 hour"), Option("tomorrow", "Until tomorrow, 9:00")],
        "errors": {"reason": ["Say why the alert is resolved."]},
    }
