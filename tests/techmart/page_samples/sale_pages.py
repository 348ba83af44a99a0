"""The list of sales and one of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from techmart.lib import charts
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
from tests.techmart import core_samples
from tests.techmart.page_samples.shared import NOW
from transactions.forms import DecisionForm, ReasonForm, ReferenceForm, SnoozeForm
from transactions.reviews.case import Case, ClaimState, Position, Undo
from transactions.reviews.history import DeviceFacts, HistoryRow, Step, Usual
from transactions.reviews.linked import LinkedCase
from transactions.reviews.past import PastReviews


def transactions() -> dict[str, Any]:
    names = (
        "Dana Whitfield",
        "Marcus Oyelaran",
        None,
        "Priya Raman",
        "Tom Lindqvist",
        "Yuki Harada",
    )
    statuses = (
        "in_review",
        "completed",
        "completed",
        "pending",
        "failed",
        "refunded",
        "partially_refunded",
        "chargeback",
        "disputed",
        "cancelled",
    )
    return {
        "page_url": "/transactions/",
        "newest_url": "/transactions/",
        "clear_url": "/transactions/",
        "freshness": AsOf(NOW, 60),
        "tabs": [
            Link("All", "/transactions/", True, 9214),
            Link("In review", "/transactions/?status=in_review", False, 14, "bad"),
            Link("Completed", "/transactions/?status=completed", False, 8903),
        ],
        "periods": [Link("Today", "?period=today"), Link("28 d", "/transactions/", True)],
        "selects": [
            Select("amount_min", "Amount", [Option("", "Any amount"), Option("100", "Over $100")]),
            Select(
                "score_min", "Score", [Option("", "Any score"), Option("50", "50 or more")], "50"
            ),
        ],
        "chips": [Chip("Score 50 or more", "/transactions/")],
        "query": "",
        "hidden": [("sort", "-time")],
        "column_menu": core_samples.CHOSEN_COLUMNS,
        "columns": [
            Column("Transaction", name="transaction"),
            Column("Time", "time", "?sort=time", "descending", name="time"),
            Column("Customer", name="customer"),
            Column("Product", hide="opt-l", name="product"),
            Column("Qty", align="r", hide="opt-l", name="quantity"),
            Column("Amount", "amount", "?sort=-amount", align="r", name="amount"),
            Column("Payment", hide="opt-m", name="payment"),
            Column("Score", "score", "?sort=-score", align="r", name="score"),
            Column("Status", name="status"),
        ],
        "rows": [
            {
                "key": i + 1 if statuses[i % 10] == "in_review" else None,
                "reference": f"TX-{104928 - i}",
                "url": f"/transactions/{i + 1}/",
                "at": NOW - timedelta(minutes=97 * i),
                "customer_name": names[i % 6],
                "product_name": ("Aurora X1 Gaming Laptop", "Tempo Sport Earbuds")[i % 2],
                "quantity": i % 3 + 1,
                "amount": Decimal("1249.00") / (i + 1),
                "payment": ("Card", "Wallet")[i % 2],
                "country": "US",
                "score": (0.87, 0.12, 0.04, 0.66, None)[i % 5],
                "status": statuses[i % 10],
            }
            for i in range(16)
        ],
        "review_threshold": 0.6,
        "pager": Pager(row_summary(16, 9214), None, "/transactions/?before=104913"),
        "totals": [("Rows", "9,214"), ("Amount", "$1,381,200.40")],
        "filtered": True,
        "selectable": True,
        "bulk_url": "/transactions/review/bulk/",
        "first_case_url": "/transactions/review/next/",
        "assignees": [Option("1", "Sofia Brandt")],
        "undo": None,
    }


def history_row(i: int) -> HistoryRow:
    return HistoryRow(
        at=NOW - timedelta(hours=20 * i),
        reference=f"TX-{104928 - i}",
        url=f"/transactions/{i + 1}/",
        product_name="Aurora X1 Gaming Laptop",
        customer_name="Dana Whitfield",
        device=("d-4417", "")[i % 2],
        known_device=i > 2,
        ship_country="PL",
        amount=Decimal("1249.00"),
        status=("in_review", "completed")[i % 2],
        current=i == 0,
        burst=i < 2,
        verdict=(None, True, False)[i % 3],
    )


def transaction() -> dict[str, Any]:
    parts = [
        charts.ContributionPart(
            "Amount far above usual",
            "$1,249.00 against a median of $201.40 over 23 orders (6.2 times)",
            2.6,
        ),
        charts.ContributionPart("Order burst", "3 orders in 11 minutes; usual gap is 34 days", 2.1),
        charts.ContributionPart("Country mismatch", "Ships to PL, never seen in 365 days", 1.3),
        charts.ContributionPart("Quantity", "1 unit, as usual", 0.0),
        charts.ContributionPart("Long-standing account", "Opened 3.1 years ago", -0.9),
    ]
    return {
        "page_url": "/transactions/1/",
        "back_url": "/transactions/?status=in_review",
        "freshness": AsOf(NOW, 60),
        "txn": {
            "reference": "TX-104928",
            "order_ref": "O-77120",
            "status": "in_review",
            "placed_at": NOW,
            "recorded_at": NOW,
            "completed_at": None,
            "channel_label": "Web",
            "quantity": 1,
            "unit_price": Decimal("1249.00"),
            "discount": Decimal("0.00"),
            "amount": Decimal("1249.00"),
            "product_name": "Aurora X1 Gaming Laptop",
            "product_sku": "AU-X1-15G",
            "product_url": "/inventory/products/AU-X1-15G/",
            "customer_name": "Dana Whitfield",
            "customer_since": date(2023, 10, 12),
            "customer_orders": 23,
            "customer_net": Decimal("4806.20"),
            "payment_label": "Card",
            "device": "d-4417",
            "ip_country": "PL",
            "ship_country": "PL",
            "store": "",
            "imported_from": "",
            "is_suspicious": True,
            "score": 0.87,
            "score_version": "prior-1",
            "simulated_fields": ["device", "country"],
        },
        "contributions": charts.contributions(base_log_odds=-3.2, parts=parts, threshold=0.6),
        "review_threshold": 0.6,
        "pk": 1,
        "may_decide": True,
        "case": Case(
            order_ref="O-77120",
            open=True,
            lines=2,
            amount=Decimal("1328.00"),
            loss=Decimal("1155.36"),
            assigned_to="",
            assigned_id="",
            snoozed_until=None,
            burst=3,
            burst_amount=Decimal("3747.00"),
        ),
        "claim": ClaimState("", mine=True, since=NOW, free_at=NOW + timedelta(minutes=10)),
        "takes_on": True,
        "decision": None,
        "position": Position(3, 14, "/transactions/3/?review=", "/transactions/4/?review=", "/"),
        "past": PastReviews(0.85, 0.9, reviewed=34, declined=24),
        "history": [history_row(i) for i in range(6)],
        "device_facts": DeviceFacts("d-4417", NOW, 3, 1, 1, [history_row(i) for i in range(3)]),
        "linked": [
            LinkedCase(
                order_ref=f"O-{77119 - i}",
                pk=i + 2,
                placed_at=NOW - timedelta(minutes=4 * i),
                amount=Decimal("1249.00"),
                score=0.81,
                status="in_review",
                shared=("customer", "device"),
                verdict=(None, True, False)[i],
                in_burst=i == 0,
            )
            for i in range(3)
        ],
        "timeline": [
            Step(NOW - timedelta(minutes=14), "TX-104921: Aurora X1", "d-4417", "Card", url="/"),
            Step(NOW, "Recorded and held for review", "", "System", strong=True),
        ],
        "usual": Usual(46, Decimal("201.40"), 17, 22),
        "undo": Undo("Approved order O-77118", NOW, "/transactions/review/undo/x/"),
        "assignees": [Option("1", "Sofia Brandt")],
        "decision_form": DecisionForm(),
        "snooze_form": SnoozeForm(),
        "reason_form": ReasonForm(),
        "reference_form": ReferenceForm(),
        "adjustments": [
            {"at": NOW, "kind_label": "Refund", "amount": Decimal("-49.00"), "units_restocked": 1}
        ],
        "acts": ("cancel",),
        "act_urls": {
            act.replace("-", "_"): f"/transactions/1/{act}/"
            for act in (
                *("approve", "decline", "decline-burst", "claim", "release", "assign"),
                *("snooze", "wake", "cancel"),
            )
        },
        "act_error": None,
        "related": [
            {
                "reference": "TX-104927",
                "url": "/transactions/2/",
                "product_name": "Tempo Sport Earbuds",
                "quantity": 1,
                "amount": Decimal("79.00"),
                "status": "completed",
            }
        ],
    }
