"""What a rule would have done, worked by hand."""

from datetime import date
from typing import Any

import polars as pl
import pytest

from transactions.choices import Decision
from transactions.rules.findings import Conditions, Other, findings

FIRST = date(2026, 1, 1)
_DAY_US = 86_400_000_000
_SCHEMA: Any = {
    "timestamp_us": pl.Int64,
    "order_ref": pl.String,
    "customer_id": pl.Int64,
    "day": pl.Date,
    "amount": pl.Int64,
    "hit": pl.Boolean,
    "hit_with_todays_lists": pl.Boolean,
    "allowed": pl.Boolean,
    "blocked": pl.Boolean,
    "held": pl.Boolean,
    "rule_7": pl.Boolean,
}
OTHER = Other(7, "Watched", Decision.REVIEW)


def _line(order: str, flags: str = "", *, day: int = 1, cents: int = 100, **more: Any) -> Any:
    """One line; flags: h hit, t hit with today's lists, a allowed, b blocked, s held, 7 other."""
    return {
        "timestamp_us": day * _DAY_US,
        "order_ref": order,
        "customer_id": 1,
        "day": date(2026, 1, day),
        "amount": cents,
        "hit": "h" in flags,
        "hit_with_todays_lists": "h" in flags or "t" in flags,
        "allowed": "a" in flags,
        "blocked": "b" in flags,
        "held": "s" in flags or "7" in flags,
        "rule_7": "7" in flags,
        **more,
    }


def _found(
    lines: list[Any],
    labels: dict[str, tuple[bool, int]] | None = None,
    *,
    action: Decision = Decision.REVIEW,
    **by: Any,
) -> dict[str, Any]:
    """labels: by order, is it fraud and the day it was known."""
    known = labels or {}
    return findings(
        pl.DataFrame(lines, schema=_SCHEMA),
        pl.DataFrame(
            {
                "order_ref": list(known),
                "is_fraud": [fraud for fraud, _ in known.values()],
                "known_us": [day * _DAY_US for _, day in known.values()],
            },
            schema={"order_ref": pl.String, "is_fraud": pl.Boolean, "known_us": pl.Int64},
        ),
        Conditions(
            action=action,
            since=FIRST,
            until=date(2026, 1, 11),
            sales=1000,
            capacity_a_day=60,
            minutes_per_case=6,
            **{"others": [OTHER]} | by,
        ),
    )


def test_cases_are_counted_by_order_and_day() -> None:
    found = _found(
        [
            _line("a", "h"),
            _line("a", "h"),
            _line("b", "h", day=2, cents=300),
            _line("c", "h", day=2),
            _line("d", "7"),
        ]
    )

    assert (found["lines"], found["cases"], found["cases_a_day"]) == (4, 3, 0.3)
    assert found["peak_cases_a_day"] == 2
    assert found["daily"][:3] == [("2026-01-01", 1, 0), ("2026-01-02", 2, 0), ("2026-01-03", 0, 0)]
    assert len(found["daily"]) == 10
    assert found["amount_cents"] == 600
    # Three cases of six minutes in ten days.
    assert found["review_hours_a_day"] == pytest.approx(0.03)


def test_precision_and_recall_are_of_what_is_known() -> None:
    lines = [
        _line("caught", "h", cents=500, customer_id=1),
        _line("harmed", "h", cents=300, customer_id=2),
        _line("harmed", "h", cents=300, customer_id=2),
        _line("unknown", "h", customer_id=3),
        _line("missed", cents=900, customer_id=4),
        _line("missed too", customer_id=5),
    ]
    labels = {
        "caught": (True, 6),
        "harmed": (False, 3),
        "missed": (True, 11),
        "missed too": (True, 2),
    }

    found = _found(lines, labels)

    assert (found["labelled"], found["caught"], found["frauds"]) == (2, 1, 3)
    assert found["precision"]["value"] == 0.5
    assert found["recall"]["value"] == pytest.approx(1 / 3)
    # Wilson's bounds of 1 in 2: .5 ± 1.96·√(.125 + .2401)/(1 + 1.9207) = .0945 and .9055.
    assert found["precision"]["low"] == pytest.approx(0.0945, abs=5e-4)
    assert found["precision"]["high"] == pytest.approx(0.9055, abs=5e-4)
    assert (found["fraud_cents"], found["all_fraud_cents"]) == (500, 1500)
    assert found["genuine_cents"] == 600
    assert (found["customers"], found["customers_harmed"], found["customers_unlabelled"]) == (
        3,
        1,
        1,
    )
    # Known 1, 2, 5 and 10 days after the sales of day 1.
    assert found["lag_days"] == {"median": 5, "p90": 10}


def test_without_labels_nothing_is_claimed() -> None:
    found = _found([_line("a", "h")])

    assert found["precision"] == {"value": None, "low": 0.0, "high": 1.0}
    assert found["lag_days"] == {"median": None, "p90": None}
    assert (found["customers_harmed"], found["customers_unlabelled"]) == (0, 1)


def test_only_cases_that_nothing_else_stops_are_added() -> None:
    lines = [
        _line("new", "h"),
        _line("held by the score", "hs"),
        _line("held by a rule", "h7"),
        _line("blocked", "hb"),
        _line("allowed", "hsa"),
        # Another line of the order is held anyway.
        _line("half", "h"),
        _line("half", "s"),
        _line("not hit", "s"),
    ]

    found = _found(lines, {"new": (True, 5), "held by a rule": (True, 5)})

    assert (found["cases"], found["added"], found["added_a_day"]) == (6, 1, 0.1)
    # The score, the rule, half and not hit; blocked and allowed ones wait for nobody.
    assert found["held_otherwise_a_day"] == 0.4
    assert (found["fraud_cents"], found["added_fraud_cents"]) == (200, 100)
    assert found["overlap"] == [
        {
            "rule_id": 7,
            "name": "Watched",
            "action": "review",
            "cases": 1,
            "both": 1,
            "share_of_hits": pytest.approx(1 / 6),
            "share_of_other": 1.0,
        }
    ]


def test_a_rule_that_allows_adds_what_it_lets_through() -> None:
    lines = [_line("held", "hs"), _line("blocked", "hb"), _line("free", "h"), _line("x", "hsa")]

    assert _found(lines, action=Decision.ALLOW)["added"] == 2


def test_lists_made_since_are_counted_apart_and_expected() -> None:
    lines = [_line("a", "h"), _line("b", "t"), _line("c", "t")]

    found = _found(lines, has_lists=True)

    assert (found["cases"], found["cases_with_todays_lists"]) == (1, 3)
    # What stands in the list today is what the rule will meet.
    assert (found["added"], found["added_a_day"]) == (1, 0.3)
    assert _found(lines)["cases_with_todays_lists"] is None


def test_nothing_met_is_nothing_found() -> None:
    found = _found([])

    assert (found["cases"], found["added_a_day"], found["recall"]["value"]) == (0, 0.0, None)
    assert found["overlap"][0]["share_of_hits"] is None
