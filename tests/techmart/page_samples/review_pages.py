"""The review queue, and how well fraud is caught."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Link,
    Option,
    Pager,
    Select,
    row_summary,
)
from techmart.lib.proportions import wilson
from tests.techmart import core_samples
from tests.techmart.page_samples.shared import NOW
from transactions.forms import DecisionForm, SnoozeForm
from transactions.quality.loading import RuleHits
from transactions.quality.measures import Measure, ModelQuality
from transactions.quality.page import (
    DEFINITIONS,
    DriftRow,
    ModelRow,
    RuleRow,
    WeekRow,
    quality_tiles,
    weekly_chart,
)
from transactions.quality.report import Measures, QualityReport, SignalDrift
from transactions.reviews.case import Undo
from transactions.reviews.filters import ReviewFilters
from transactions.reviews.queue_page import CaseRow


def review_queue() -> dict[str, Any]:
    filters = ReviewFilters(score_min=50)
    return {
        "page_url": filters.url("/transactions/review/"),
        "clear_url": "/transactions/review/",
        "first_url": "/transactions/1/?review=",
        "freshness": AsOf(NOW, 60),
        "tabs": [Link("To review", "/transactions/review/", True, 14, "bad")],
        "selects": [Select("amount_min", "Amount", [Option("", "Any amount")])],
        "chips": [Chip("Score 50 or more", "/transactions/review/")],
        "hidden": [],
        "free": False,
        "columns": [
            Column("Order", name="order"),
            Column("Expected loss", align="r", name="loss"),
            Column("Amount", align="r", hide="opt-m", name="amount"),
            Column("Score", align="r", name="score"),
            Column("Customer", name="customer"),
            Column("Main reason", hide="opt-l", name="reason"),
            Column("Waits", align="r", name="waits"),
            Column("Who", name="who"),
        ],
        "column_menu": core_samples.EVERY_COLUMN,
        "decided": False,
        "rows": [
            CaseRow(
                order_ref=f"O-{77120 - i}",
                url=f"/transactions/{i + 1}/?review=",
                lines=i % 2 + 1,
                loss=Decimal("1086.63") / (i + 1),
                amount=Decimal("1249.00") / (i + 1),
                score=0.87 - i / 10,
                customer_name="Dana Whitfield",
                product_name="Aurora X1 Gaming Laptop",
                why="Order burst: 3 orders in 11 minutes",
                since=NOW - timedelta(minutes=17 * i),
                holder=("", "you", "Priya Raman")[i % 3],
                assigned_to="Sofia Brandt" if i == 3 else "",
                snoozed_until=NOW if i == 3 else None,
            )
            for i in range(5)
        ],
        "pager": Pager(row_summary(5, 14), None, "/transactions/review/?after=1"),
        "total_loss": Decimal("4210.20"),
        "cases": 14,
        "review_threshold": 0.6,
        "filtered": True,
        "empty_title": "Nothing waits for review",
        "may_decide": True,
        "bulk_url": "/transactions/review/bulk/",
        "decision_form": DecisionForm(),
        "snooze_form": SnoozeForm(),
        "assignees": [Option("1", "Sofia Brandt")],
        "undo": Undo("Declined 3 orders", NOW, "/transactions/review/undo/x/"),
    }


def quality() -> dict[str, Any]:
    measured = Measure(0.61, 140)
    too_few = Measure(None, 3)
    weeks = [
        Measures(
            first=date(2026, 9, 2) + timedelta(days=7 * i),
            last=date(2026, 9, 8) + timedelta(days=7 * i),
            precision=measured if i else too_few,
            recall=measured,
            false_positives=Measure(2.4, 140),
            time_to_decision=Measure(540.0, 31),
            handling_time=too_few,
        )
        for i in range(12)
    ]
    report = QualityReport(
        as_of=NOW,
        capacity=60,
        labelled=1820,
        now=weeks[-1],
        before=weeks[-2],
        weeks=weeks,
        models=[],
        rules=[],
        drift=[],
    )
    return {
        "page_url": "/transactions/quality/",
        "freshness": AsOf(NOW, 3600),
        "tiles": quality_tiles(report),
        "missing": ["Times need five decisions."],
        "capacity": 60,
        "labelled": 1820,
        "weekly_chart": weekly_chart(weeks),
        "weeks": [WeekRow(week.first, 0.61, 0.74, 2.4, 9.0, 140) for week in weeks],
        "models": [
            ModelRow(
                version=f"additive.{i}",
                kind="Additive",
                in_place=i == 0,
                state=("Champion", "Retired")[i],
                problem="",
                learned_until=NOW,
                lines=120_000,
                frauds=810,
                did=ModelQuality("additive", 1820, 140, 0.71, 0.88, 0.9, 0.66) if i else None,
                pk=i + 1,
                promote_url=("", "/transactions/quality/models/2/promote/")[i],
            )
            for i in range(2)
        ],
        "rules": [
            RuleRow(
                RuleHits(1, "Many to one address", "review", False, 40, 22, 17, 900.0),
                "Review",
                wilson(17, 22),
            )
        ],
        "drift": [DriftRow(SignalDrift("F1", "Amount", 0.31, 0.02, 0.05), "Shifted", "bad")],
        "definitions": DEFINITIONS,
        "roll_back_url": "/transactions/quality/roll-back/",
    }
