"""Invented contexts of the pages of files, views, reports, alert rules and policy replays."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from alerts.channel_forms import ChannelForm
from analytics.metric_rules.forms import MetricRuleForm
from inventory.choices import ReplayStatus
from inventory.models import ReplayRun
from techmart.core.models import User
from techmart.lib.columns import ColumnMenu, ColumnTick
from techmart.lib.page_parts import AsOf, Column

NOW = datetime(2026, 11, 24, 19, 32, 10, tzinfo=UTC)


# The menu of a table's columns: with all of them, and with some left out.
EVERY_COLUMN = ColumnMenu(
    "/transactions/",
    [ColumnTick("name", "Name", True, True), ColumnTick("age", "Age", True, False)],
    [],
    "",
    "",
)
CHOSEN_COLUMNS = ColumnMenu(
    "/transactions/",
    [ColumnTick("name", "Name", True, True), ColumnTick("age", "Age", False, False)],
    [("sort", "-time")],
    "/transactions/?sort=-time",
    "1 of 2",
)


def files() -> dict[str, Any]:
    row: dict[str, Any] = {
        "pk": 1,
        "title": "Transactions",
        "format": "CSV",
        "asked_at": NOW,
        "state": "Ready",
        "tone": "good",
        "detail": "214,000 rows, 31.2 MB",
        "percent": None,
        "download_url": "/exports/1/",
        "again_url": "",
    }
    written = {"pk": 2, "state": "Being written", "tone": "info", "percent": 40, "download_url": ""}
    failed = {"pk": 3, "state": "Failed", "tone": "bad", "download_url": "", "again_url": "/x/"}
    return {
        "page_url": "/exports/",
        "kept_days": 7,
        "waiting": True,
        "rows": [row, {**row, **written}, {**row, **failed}],
    }


def views() -> dict[str, Any]:
    row: dict[str, Any] = {
        "pk": 1,
        "name": "Big ones",
        "url": "/transactions/?amount_min=500",
        "mine": True,
        "owner": "Ana",
        "shared": True,
        "is_default": True,
        "change_url": "/views/1/change/",
    }
    return {
        "page_url": "/views/transactions/",
        "post_url": "/views/transactions/",
        "list_title": "Transactions",
        "list_url": "/transactions/",
        "query": "q=x",
        "error": "You have a view named Big ones already.",
        "name": "Big ones",
        "rows": [row, {**row, "pk": 2, "mine": False, "is_default": False}],
    }


def reports() -> dict[str, Any]:
    row: dict[str, Any] = {
        "pk": 1,
        "name": "Yesterday's sales",
        "url": "/reports/1/",
        "detail": "Transactions as CSV to chief@example.com",
        "when": "Every day at 07:30",
        "next_at": NOW + timedelta(hours=12),
        "last": "Sent",
        "last_tone": "good",
        "last_at": NOW,
        "enabled": True,
        "version": 1,
        "switch_url": "/reports/1/switch/",
    }
    return {
        "page_url": "/reports/",
        "new_url": "/reports/new/",
        "columns": [Column(label) for label in ("Report", "When", "Next", "Last", "Actions")],
        "rows": [row, {**row, "pk": 2, "next_at": None, "last": "", "last_at": None}],
    }


def metric_rules() -> dict[str, Any]:
    row: dict[str, Any] = {
        "pk": 1,
        "name": "Slow hour",
        "sentence": "Net sales of the last hour falls below $100.00",
        "now": "$80.00",
        "reference": "$100.00",
        "severity": "high",
        "state": "Alert",
        "tone": "bad",
        "enabled": True,
        "version": 1,
        "rows_url": "/transactions/",
        "edit_url": "/alerts/rules/1/",
        "switch_url": "/alerts/rules/1/switch/",
        "delete_url": "/alerts/rules/1/delete/",
        "owner": "Ana",
    }
    return {
        "page_url": "/alerts/rules/",
        "new_url": "/alerts/rules/new/",
        "freshness": AsOf(NOW, 120),
        "columns": [
            *(
                Column(name.capitalize(), name=name)
                for name in ("rule", "now", "reference", "severity", "state")
            ),
            Column("Actions", label_hidden=True),
        ],
        "column_menu": EVERY_COLUMN,
        "chips": [],
        "rows": [row, {**row, "pk": 2, "enabled": False, "edit_url": "", "switch_url": ""}],
    }


def metric_rule() -> dict[str, Any]:
    return {
        "page_url": "/alerts/rules/new/",
        "list_url": "/alerts/rules/",
        "alerts_url": "/alerts/",
        "form": MetricRuleForm({"name": "Slow hour", "limit": "-1"}),
        "title": "New alert rule",
        "sentence": "",
        "finding": "",
        "rows_url": "",
    }


def channels() -> dict[str, Any]:
    row: dict[str, Any] = {
        "pk": 1,
        "name": "Night shift",
        "sentence": "Mail to night@example.com: every type from high",
        "severity": "high",
        "active": True,
        "version": 1,
        "newest": _sent(),
        "edit_url": "/alerts/channels/1/",
        "switch_url": "/alerts/channels/1/switch/",
        "test_url": "/alerts/channels/1/test/",
    }
    off = {"pk": 2, "active": False, "newest": None, "edit_url": "", "test_url": ""}
    return {
        "page_url": "/alerts/channels/",
        "new_url": "/alerts/channels/new/",
        "columns": [Column(label) for label in ("Channel", "From", "Newest", "State", "Actions")],
        "rows": [row, {**row, **off}],
    }


def channel() -> dict[str, Any]:
    return {
        "page_url": "/alerts/channels/1/",
        "list_url": "/alerts/channels/",
        "alerts_url": "/alerts/",
        "test_url": "/alerts/channels/1/test/",
        "secret_url": "/alerts/channels/1/secret/",
        "version": 3,
        "form": ChannelForm({"name": "Night shift", "kinds": ["stock.out", "stock.gone"]}),
        "title": "Night shift",
        "sentence": "Webhook at https://example.com/hook: every type from high",
        "active": False,
        "secret": "Zm9yIHRoZSBvbmUgcGFnZQ",
        "sent": [_sent()],
    }


def _sent() -> dict[str, Any]:
    return {
        "what": "Test",
        "at": NOW,
        "state": "Not accepted",
        "tone": "bad",
        "attempts": 2,
        "error": "The receiver answered 500.",
    }


def replay() -> dict[str, Any]:
    """A replay under way."""
    run = ReplayRun(
        pk=1,
        product_ids=[1],
        first_day=date(2026, 6, 1),
        last_day=date(2026, 11, 23),
        policies=[],
        status=ReplayStatus.RUNNING,
        days_done=40,
        days_total=400,
        requested_by=User(name="Ana", email="ana@example.com"),
        requested_at=NOW,
    )
    return {
        "page_url": "/inventory/replay/1/",
        "list_url": "/inventory/replay/",
        "cancel_url": "/inventory/replay/1/cancel/",
        "scope": "Whole range",
        "run": run,
        "products": 12,
        "is_unfinished": True,
        "is_done": False,
        "may_cancel": True,
    }
