"""Invented contexts of the pages of rules, in the shape that their templates ask for."""

from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from techmart.lib.page_parts import AsOf, Column, Option, Pager
from tests.techmart import core_samples
from transactions.rule_pages.builder import Rows, new_draft
from transactions.rule_pages.contexts import ActError, BacktestRow, RuleRow, VersionRow
from transactions.rule_pages.findings_text import FigureRow, OverlapRow
from transactions.rule_pages.list_contexts import ListRow
from transactions.rule_pages.met import MetRule

NOW = datetime(2026, 11, 24, 14, 32, 10, tzinfo=UTC)
_SAYS = "amount ≥ $500.00 and ship country in 'Watch list'"
_COMMON: dict[str, Any] = {
    "section": "rules",
    "freshness": AsOf(NOW, 60),
    "rules_url": "/transactions/rules/",
    "lists_url": "/transactions/rules/lists/",
}


def rule_list() -> dict[str, Any]:
    """All rules."""
    return _COMMON | {
        "page_url": "/transactions/rules/",
        "new_url": "/transactions/rules/new/",
        "columns": [
            Column("Rule", name="rule"),
            Column("Action", name="action"),
            Column("State", name="state"),
        ],
        "column_menu": core_samples.CHOSEN_COLUMNS,
        "chips": [],
        "rows": [
            RuleRow(
                name="Large to watched countries",
                url="/transactions/rules/1/",
                sentence=_SAYS,
                owner="Mia",
                action_label="Block",
                action_tone="bad",
                state_label="Active",
                state_tone="good",
                live_a_day=1.4,
                shadow_a_day=None,
                backtest_at=NOW,
                backtest_cases=1.2,
                backtest_precision=0.8,
            )
        ],
    }


def rule() -> dict[str, Any]:
    """One rule with a backtest that runs and one that is done."""
    running = BacktestRow(
        status="running",
        since=date(2026, 8, 26),
        until_day=date(2026, 11, 23),
        requested_by="Mia",
        requested_at=NOW,
        done=500,
        total=1000,
        share=0.5,
        seconds=None,
        error="",
    )
    return _COMMON | {
        "page_url": "/transactions/rules/1/",
        "edit_url": "/transactions/rules/1/edit/",
        "rule": SimpleNamespace(name="Large", reason="Card testing", owner="Mia"),
        "version": SimpleNamespace(number=2, sentence=_SAYS),
        "action_label": "Block",
        "action_tone": "bad",
        "state_label": "Active",
        "state_tone": "good",
        "live_number": 1,
        "shadow_number": 2,
        "live_a_day": 1.4,
        "shadow_a_day": 2.0,
        "versions": [
            VersionRow(
                number=2,
                url="/transactions/rules/1/?version=2",
                sentence=_SAYS,
                note="Narrower",
                author="Mia",
                created_at=NOW,
                runs="Shadow",
                approved_by="Ada",
                current=True,
            )
        ],
        "missing": ["Version 2 has no finished backtest."],
        "acts": {
            act: f"/transactions/rules/1/{act}/"
            for act in ("backtest", "activate", "shadow", "stop_shadow", "approve", "retire")
        },
        "running": running,
        "backtests": [running],
        "backtest": SimpleNamespace(since_date=date(2026, 8, 26), result={"sales": 1000}),
        "backtest_last_day": date(2026, 11, 23),
        "figures": [FigureRow("New cases a day", "1.2", "room for 40", "good")],
        "overlap": [OverlapRow("Dear", 2, 3, 0.5, None)],
        "of_today": ["category"],
        "chart": None,
        "events": [{"at": NOW, "title": "Made", "detail": "", "actor": "Mia"}],
        "act_error": ActError("Say why it is retired.", {"reason": "Say why it is retired."}),
        "typed": {"since": "", "until": "", "reason": ""},
        "default_days": 90,
    }


def rule_builder() -> dict[str, Any]:
    """A rule being built."""
    return _COMMON | {
        "page_url": "/transactions/rules/new/",
        "rule": None,
        "rule_url": "",
        "root": Rows([]).of(new_draft()),
        "sentence": "",
        "unfinished": 1,
        "actions": [Option("review", "Review")],
        "typed": {"name": "", "action": "review", "reason": "", "note": ""},
        "errors": {"name": "Give the rule a name."},
        "has_errors": True,
    }


def value_lists() -> dict[str, Any]:
    """All value lists."""
    return _COMMON | {
        "page_url": "/transactions/rules/lists/",
        "create_url": "/transactions/rules/lists/",
        "columns": [Column("List")],
        "rows": [
            ListRow(
                name="Watch list",
                key="watch",
                url="/transactions/rules/lists/watch/",
                kind_label="Countries",
                standing=3,
                used_by="Large",
            )
        ],
        "kinds": [Option("country", "Countries")],
        "typed": {"key": "", "name": "", "kind": "", "reason": ""},
        "errors": {"key": "Another list has this key."},
    }


def value_list() -> dict[str, Any]:
    """One value list."""
    return _COMMON | {
        "page_url": "/transactions/rules/lists/watch/",
        "value_list": SimpleNamespace(name="Watch list", reason=""),
        "kind_label": "Countries",
        "used_by": [{"name": "Large", "url": "/transactions/rules/1/"}],
        "columns": [Column("Value")],
        "rows": [
            SimpleNamespace(
                value="FR", added_at=NOW, added_by="Mia", expires_at=None, reason="Seen"
            )
        ],
        "pager": Pager("1 row"),
        "add_url": "/transactions/rules/lists/watch/add/",
        "end_url": "/transactions/rules/lists/watch/end/",
        "typed": {"values": "", "expires_at": "", "reason": ""},
        "errors": {},
    }


def rules_met() -> dict[str, Any]:
    """What the page of a sale says of rules."""
    met = MetRule("Large", "/transactions/rules/1/?version=2", _SAYS, "Block", shadow=True)
    return {"rules_met": [met]}
