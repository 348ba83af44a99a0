"""Invented contexts of every page, as the head of each template asks for them."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from inventory.models import CountSheet, PurchaseOrder, Supplier
from inventory.reorder.reliability import Reliability
from inventory.scorecards import Scorecard
from techmart.core.navigation import PAGES, NavigationItem
from techmart.lib import charts, formats
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Column,
    Link,
    Option,
    Pager,
    Select,
    Tile,
    Window,
    row_summary,
)
from techmart.lib.proportions import wilson
from tests.techmart import core_samples, report_samples, rule_samples
from transactions.forms import DecisionForm, ReasonForm, ReferenceForm, SnoozeForm
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
from transactions.reviews.case import Case, ClaimState, Position, Undo
from transactions.reviews.filters import ReviewFilters
from transactions.reviews.history import DeviceFacts, HistoryRow, Step, Usual
from transactions.reviews.linked import LinkedCase
from transactions.reviews.past import PastReviews
from transactions.reviews.queue_page import CaseRow

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


def dashboard() -> dict[str, Any]:
    sales, previous = wave(29, 46500, 0.12), wave(29, 42800, 0.04)
    names = day_names(29, date(2026, 11, 24))
    hours = [f"{h:02d}:00" for h in range(24)]
    today: list[float | None] = [
        900
        + 2600 * math.exp(-(((h - 12.5) / 3.6) ** 2))
        + 3900 * math.exp(-(((h - 20) / 2.3) ** 2))
        if h < 15
        else None
        for h in range(24)
    ]
    last_week: list[float | None] = [
        850
        + 2400 * math.exp(-(((h - 12.2) / 3.6) ** 2))
        + 3700 * math.exp(-(((h - 20) / 2.3) ** 2))
        for h in range(24)
    ]
    low = [
        ("Nimbus ANC Headphones", "NB-ANC-220", 88, 291, 4.8, 12.0, "low", 0),
        ("Aurora X1 Gaming Laptop with a long name", "AU-X1-15G", 11, 61, 2.8, 14.0, "low", 0),
        ("VoltCore 65 W GaN Charger", "VC-GAN-65", 0, 240, 0.0, 9.0, "out", 0),
        ("Kestrel 27 Monitor 1440p", "KS-27Q-165", 25, 84, 4.8, 14.0, "low", 0),
        ("TypeLine 75 Keyboard", "TL-75-BRN", 56, 96, 8.2, 10.0, "low", 120),
        ("Pocketbeam Mini Projector", "PB-MINI-2", 8, 22, 6.2, 14.0, "low", 0),
    ]
    return {
        "page_url": "/?period=28d",
        "refresh_url": "/refresh/",
        "freshness": STAMP,
        "periods": [
            Link("Today", "/?period=today"),
            Link("7 d", "/?period=7d"),
            Link("28 d", "/", current=True),
            Link("90 d", "/?period=90d"),
        ],
        "filter_form": "",
        "hidden": [("period", "28d")],
        "chips": [Chip("ignored: score=abc", "/", ignored=True)],
        "window": THIS,
        "previous_window": BEFORE,
        "loading": {
            "weeks_done": 18,
            "weeks_total": 52,
            "sales_loaded": 512_340,
            "fraction": 18 / 52,
            "started_at": NOW,
            "eta_seconds": 190.0,
            "finished": False,
        },
        "tiles": [
            tile(
                "net_sales",
                "Net sales",
                Decimal("1381200.40"),
                "money",
                previous=Decimal("1262500"),
                series=sales,
            ),
            tile(
                "transactions",
                "Transactions",
                9214,
                "count",
                previous=8684,
                series=wave(28, 320, 0.1),
            ),
            tile(
                "active_customers",
                "Active customers",
                6480,
                "count",
                previous=6213,
                series=wave(28, 230, 0.1),
            ),
            tile(
                "average_order",
                "Average order",
                Decimal("149.90"),
                "money_exact",
                previous=Decimal("145.40"),
                series=wave(28, 148),
            ),
            tile(
                "held",
                "Held for review",
                14,
                "count",
                previous=11,
                higher_is="bad",
                detail="$8,412",
                series=wave(28, 11),
            ),
            tile(
                "low_stock",
                "Below reorder point",
                23,
                "count",
                previous=25,
                higher_is="bad",
                detail="3 out",
                window=Window(NOW - timedelta(days=1), NOW),
                previous_window=Window(NOW - timedelta(days=2), NOW - timedelta(days=1)),
            ),
        ],
        "sales_title": "Net sales per day",
        "sales_url": "/transactions/",
        "sales_as_of": STAMP,
        "sales_chart": charts.time_line(
            label="Net sales per day, last 28 days",
            summary="Total $1.38M, 9.4% above the 28 days before.",
            x=names,
            series=[
                charts.Series(
                    "This period", sales, filled=True, running_last=True, legend="27 Oct to 24 Nov"
                ),
                charts.Series("28 days before", previous, "kp", dashed=True, thin=True),
            ],
            format_value=dollars,
            format_tick=dollar_tick,
        ),
        "analytics_url": "/analytics/",
        "hourly_url": "/transactions/?period=today",
        "hourly_as_of": STAMP,
        "hourly_chart": charts.time_line(
            label="Net sales per hour, today",
            summary="$24k until 14:32, 6% above the same time last week.",
            x=hours,
            series=[
                charts.Series("Today", today, filled=True),
                charts.Series("Same time last week", last_week, "kp", dashed=True, thin=True),
            ],
            format_value=dollars,
            format_tick=dollar_tick,
            steps=(1, 2, 3, 4, 6, 12, 24),
            height="h-200",
        ),
        "decisions": [
            {
                "icon": "shield-alert",
                "tone": "bad",
                "title": "14 transactions to review",
                "detail": "Oldest 38 min, target 30 min",
                "amount": Decimal("8412"),
                "amount_text": "",
                "url": "/transactions/?status=in_review",
            },
            {
                "icon": "package-x",
                "tone": "bad",
                "title": "3 products sold out",
                "detail": "1 of them has no order open",
                "amount": None,
                "amount_text": "$1,270 a day",
                "url": "/inventory/?status=out",
            },
            {
                "icon": "package",
                "tone": "warn",
                "title": "4 orders to approve",
                "detail": "Stock ends before delivery",
                "amount": Decimal("138142"),
                "amount_text": "",
                "url": "/inventory/",
            },
        ],
        "decided_today": "Decided today: 46 transactions, 11 orders",
        "low_stock_total": 23,
        "low_stock_url": "/inventory/?status=low",
        "low_stock_as_of": AsOf(NOW - timedelta(seconds=18), 60),
        "low_stock": [
            {
                "name": n,
                "sku": s,
                "url": f"/inventory/products/{s}/",
                "available": a,
                "reorder_at": r,
                "trend": wave(28, 10 + i),
                "cover_days": c,
                "lead_time_days": lead,
                "state": st,
                "on_order": o,
            }
            for i, (n, s, a, r, c, lead, st, o) in enumerate(low)
        ],
        "suggestions_total": 4,
        "suggestions_url": "/inventory/?status=low",
        "suggestions_computed_at": NOW - timedelta(hours=2),
        "suggestions_next_at": NOW + timedelta(hours=10),
        "suggestions": [
            {
                "name": n,
                "url": "/inventory/products/X/",
                "quantity": q,
                "cost": Decimal(c),
                "why": w,
                "confidence": f,
            }
            for n, q, c, w, f in (
                (
                    "Nimbus ANC Headphones",
                    480,
                    39552,
                    "Stock lasts 5 days, delivery takes 12",
                    0.71,
                ),
                (
                    "Aurora X1 Gaming Laptop",
                    80,
                    73440,
                    "Stock lasts 3 days, delivery takes 14",
                    0.55,
                ),
                (
                    "Kestrel 27 Monitor 1440p",
                    110,
                    21010,
                    "Stock lasts 5 days, delivery takes 14",
                    0.42,
                ),
                (
                    "Pocketbeam Mini Projector",
                    30,
                    4140,
                    "Stock lasts 6 days, delivery takes 14",
                    0.21,
                ),
            )
        ],
        "suspicious_url": "/transactions/?score_min=50",
        "suspicious_as_of": STAMP,
        "suspicious": [
            {
                "reference": f"TX-{104928 - i}",
                "url": f"/transactions/{i + 1}/",
                "customer_name": n,
                "why": w,
                "amount": Decimal(a),
                "score": s,
                "at": NOW - timedelta(minutes=4 * i + 1),
            }
            for i, (n, w, a, s) in enumerate(
                (
                    (
                        "Dana Whitfield",
                        "Amount 6.2 times usual, 3 orders in 11 min",
                        "1249.00",
                        0.87,
                    ),
                    (None, "Second of 3 orders in 11 min", "1249.00", 0.81),
                    ("Priya Raman", "New country", "1798.00", 0.71),
                    ("Elin Vasquez", "3 monitors at once", "867.00", 0.64),
                    ("Tom Lindqvist", "Unusual amount", "1249.00", 0.56),
                )
            )
        ],
        "categories_as_of": STAMP,
        "categories_url": "/transactions/",
        "categories_max": Decimal(431200),
        "categories": [
            {
                "name": n,
                "url": "/transactions/?cat=x",
                "revenue": Decimal(v),
                "previous": Decimal(p),
            }
            for n, v, p in (
                ("Laptops", 431200, 384700),
                ("Audio", 318900, 294200),
                ("Monitors", 164300, 169700),
                ("Tablets", 151800, 143300),
                ("Storage", 122600, 106900),
            )
        ],
        "top_products_window": Window(date(2026, 10, 26), date(2026, 11, 25)),
        "top_products_as_of": AsOf(NOW - timedelta(minutes=11), 1800),
        "top_products_url": "/inventory/",
        "top_products_max": Decimal(136400),
        "top_products": [
            {
                "name": n,
                "sku": s,
                "url": f"/inventory/products/{s}/",
                "revenue": Decimal(v),
                "units": u,
                "previous": Decimal(p),
            }
            for n, s, v, u, p in (
                ("Aurora X1 Gaming Laptop", "AU-X1-15G", 136400, 109, 121200),
                ("Driftbook Air 13", "DB-A13-256", 120800, 134, 118900),
                ("Nimbus ANC Headphones", "NB-ANC-220", 76800, 515, 68900),
                ("Tempo Sport Earbuds", "TP-SPT-3", 55100, 697, 55100),
                ("PixelPad 11 Tablet", "PX-11-128", 46700, 123, 49900),
            )
        ],
        "alert_strip": alerts()[:2],
        "alerts_total": 6,
        "alerts_url": "/alerts/",
    }


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
            Column("Order"),
            Column("Expected loss", align="r"),
            Column("Amount", align="r", hide="opt-m"),
            Column("Score", align="r"),
            Column("Customer"),
            Column("Main reason", hide="opt-l"),
            Column("Waits", align="r"),
            Column("Who"),
        ],
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


def inventory() -> dict[str, Any]:
    low = dashboard()["low_stock"]
    return {
        "page_url": "/inventory/?status=low",
        "clear_url": "/inventory/",
        "freshness": AsOf(NOW - timedelta(seconds=18), 60),
        "tabs": [
            Link("All", "/inventory/", False, 68509),
            Link("Below reorder point", "/inventory/?status=low", True, 23),
            Link("Out of stock", "/inventory/?status=out", False, 3),
        ],
        "tiles": [
            tile(
                "value",
                "Stock value at cost",
                Decimal("2410000"),
                "money",
                previous=Decimal("2450000"),
                higher_is="neutral",
            ),
            tile(
                "in_stock",
                "In-stock rate, class A",
                0.963,
                "rate",
                previous=0.98,
                reference_word="target",
            ),
            tile("cover", "Stock lasts, median", 34.0, "days", previous=34.0),
            tile(
                "lost",
                "Sales lost to stock-outs",
                Decimal("11640"),
                "money",
                previous=Decimal("9502"),
                higher_is="bad",
            ),
        ],
        "selects": [Select("cat", "Category", [Option("", "All categories")])],
        "chips": [Chip("Class A or B", "/inventory/")],
        "query": "",
        "hidden": [("status", "low")],
        "column_menu": core_samples.EVERY_COLUMN,
        "columns": [
            Column("Product", "name", "?sort=name", name="product"),
            Column("Class", align="c", hide="opt-m", name="class"),
            Column("Supplier", hide="opt-l", name="supplier"),
            Column("Available", "available", "?sort=available", align="r", name="available"),
            Column("Inbound", align="r", name="inbound"),
            Column("Reorder at", align="r", hide="opt-m", name="reorder"),
            Column("Sold, 28 days", hide="opt-l", name="sold"),
            Column("Per day", align="r", name="rate"),
            Column("Lasts", "cover", "?sort=-cover", "ascending", "r", name="lasts"),
            Column("Status", name="status"),
            Column("Actions", label_hidden=True),
        ],
        "rows": [
            {
                **row,
                "category": "Audio",
                "abc": "ABC"[i % 3],
                "supplier_name": "Halden Audio",
                "per_day": 18.4,
                "suggestion_url": f"{row['url']}#order" if not row["on_order"] else "",
            }
            for i, row in enumerate(low)
        ],
        "pager": Pager(
            row_summary(6, 23), "/inventory/?after=a", "/inventory/?after=b", "Previous", "Next"
        ),
        "filtered": True,
    }


def product() -> dict[str, Any]:
    history: list[float | None] = [*wave(57, 16.6, 0.1)]
    expected = wave(28, 18.4)
    spread = [3.4 + 0.11 * d for d in range(28)]
    quantiles = {
        0.025: [max(0.0, v - 1.7 * s) for v, s in zip(expected, spread, strict=True)],
        0.1: [max(0.0, v - s) for v, s in zip(expected, spread, strict=True)],
        0.9: [v + s for v, s in zip(expected, spread, strict=True)],
        0.975: [v + 1.7 * s for v, s in zip(expected, spread, strict=True)],
    }
    stock: list[float | None] = [600 - 18.2 * d for d in range(29)]
    return {
        "page_url": "/inventory/products/NB-ANC-220/",
        "list_url": "/inventory/",
        "freshness": AsOf(NOW - timedelta(seconds=18), 60),
        "product": {
            "name": "Nimbus ANC Headphones",
            "sku": "NB-ANC-220",
            "category": "Audio",
            "supplier_name": "Halden Audio",
            "abc": "A",
            "xyz": "Y",
            "price": Decimal("149.00"),
            "unit_cost": Decimal("82.40"),
            "active": True,
        },
        "consequence": {
            "tone": "bad",
            "lead": "Sold out by Sat 28 Nov at the current rate.",
            "text": "88 are available, 18.4 are sold a day; a delivery comes on 6 Dec.",
        },
        "tiles": [
            tile("available", "Available", 88, "count", detail="reorder at 291"),
            tile("lasts", "Lasts", 4.8, "days", detail="lead time 12 d"),
            tile("per_day", "Sold per day, 28 days", 18.4, "decimal", previous=16.5),
            tile(
                "revenue", "Revenue, 28 days", Decimal("76800"), "money", previous=Decimal("68900")
            ),
            tile("returns", "Return rate", 0.031, "rate", previous=0.035, higher_is="bad"),
        ],
        "forecast_chart": charts.forecast(
            label="Units sold per day and forecast",
            summary="Forecast averages 18.9 units a day for the next 28 days.",
            x=day_names(85, date(2026, 12, 22)),
            history=history,
            expected=expected,
            quantiles=quantiles,
            format_value=formats.decimal,
        ),
        "forecast_note": "Mean and empirical quantiles of 56 days, computed 12:00 today.",
        "forecast_from": None,
        "horizons": [Link("14 d", "?h=14"), Link("28 d", "?h=28", True)],
        "stock_chart": charts.time_line(
            label="Available stock",
            summary="Stock reaches zero on 28 Nov. Reorder point 291.",
            x=day_names(57, date(2026, 12, 22)),
            series=[
                charts.Series("Available", [*stock, *[None] * 28], filled=True),
                charts.Series(
                    "If nothing is ordered",
                    [*[None] * 28, *[max(0.0, 90.4 - 18.4 * d) for d in range(29)]],
                    dashed=True,
                ),
            ],
            references=[charts.Reference("Reorder point 291", 291)],
            now=28,
            format_value=formats.count,
            height="h-200",
        ),
        "suggestion": {
            "quantity": 480,
            "cost": Decimal("39552"),
            "supplier_name": "Halden Audio",
            "packs": 20,
            "pack_size": 24,
            "expected_at": date(2026, 12, 6),
            "confidence": 0.71,
            "confidence_parts": [
                ("Certainty, mean over mean and spread", 0.81),
                ("Freshness", 0.94),
                ("Coverage of the 80% interval", 0.93),
            ],
            "low_confidence_reason": "",
            "state_label": "Proposed",
            "computed_at": NOW,
            "footer": "Demand varies by 6.1 a day.",
            "steps": [
                {
                    "label": "Demand over lead time and review",
                    "value": "478.4",
                    "working": "18.4 a day × (12 + 14) days",
                    "strong": False,
                },
                {
                    "label": "Distribution and service",
                    "value": "95%",
                    "working": "Normal, class AY",
                    "strong": False,
                },
                {
                    "label": "Reorder point and safety stock",
                    "value": "556",
                    "working": "smallest s with F(s) ≥ 0.95; 556 − 478.4 = 77.6 safety",
                    "strong": False,
                },
                {
                    "label": "Lot and order-up-to level",
                    "value": "814",
                    "working": "s 556 + lot 258",
                    "strong": False,
                },
                {
                    "label": "Needed now",
                    "value": "726",
                    "working": "814 − (88 stock + 0 inbound)",
                    "strong": False,
                },
                {
                    "label": "Minimum, pack and cap",
                    "value": "480",
                    "working": "20 packs of 24",
                    "strong": True,
                },
            ],
        },
        "supplier": {
            "name": "Halden Audio",
            "url": "",
            "reliability": 0.82,
            "reliability_low": 0.71,
            "reliability_high": 0.9,
            "on_time_of": (8, 10),
            "lead_time_mean_days": 12.0,
            "lead_time_sd_days": 2.0,
            "minimum_order": "10 packs",
        },
        "ledger": [
            {
                "at": NOW - timedelta(hours=3 * i),
                "kind_label": k,
                "reference": r,
                "reference_url": "/transactions/1/" if r.startswith("TX") else "",
                "actor": "API",
                "reason": why,
                "quantity": q,
                "balance_after": b,
            }
            for i, (k, r, why, q, b) in enumerate(
                (
                    ("Sale", "TX-104924", "", -1, 96),
                    ("Customer return", "TX-104021", "", 1, 97),
                    ("Count: less than booked", "CC-318", "Counted by two", -3, 96),
                    ("Receipt", "PO-2240", "", 24, 99),
                )
            )
        ],
        "ledger_total": 412,
        "ledger_pager": Pager(
            row_summary(4, 412), None, "/inventory/products/NB-ANC-220/?ledger=1"
        ),
        "simulated_ledger": True,
        "may_correct": True,
        "booked_units": 88,
        "version": 3,
        "count_url": "/inventory/products/NB-ANC-220/count/",
        "change_url": "/inventory/products/NB-ANC-220/change/",
        "is_stale": True,
        "differences": [{"label": "Price", "current": "149.00", "wanted": "139.00"}],
    }


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


def purchasing(**values: Any) -> dict[str, Any]:
    """A list of suggestions, orders, suppliers or counts with nothing in it."""
    return {
        "page_url": "/inventory/",
        "clear_url": "/inventory/",
        "list_url": "/inventory/",
        "freshness": AsOf(NOW, 60),
        **dict.fromkeys(("tabs", "selects", "chips", "hidden", "columns", "rows", "due"), ()),
        **dict.fromkeys(("lines", "timeline", "orders", "products"), ()),
        "total_cost": Decimal(0),
        "pager": Pager("No rows"),
        "filtered": False,
        "problem": None,
        **values,
    }


_SUPPLIER = Supplier(code="S1", name="Halden Audio", email="orders@halden.example")
_ORDER = PurchaseOrder(number="PO-000001", supplier=_SUPPLIER, state="draft")
_SCORECARD = Scorecard(1, Reliability(0.8, 0.57, 0.96), 0, None, None, None, None, None, None, 0, 0)

PAGES_WITH_CONTEXT: dict[str, dict[str, Any]] = {
    "analytics/dashboard.html": {**shell(), **dashboard()},
    "analytics/report.html": {**shell("Analytics"), **report_samples.report()},
    "analytics/customers.html": {**shell("Analytics"), **report_samples.customers()},
    "analytics/customer.html": {**shell("Analytics"), **report_samples.customer()},
    "transactions/quality.html": {**shell("Transactions"), **quality()},
    "transactions/queue.html": {**shell("Transactions"), **review_queue()},
    "transactions/rules.html": {**shell("Transactions"), **rule_samples.rule_list()},
    "transactions/rule.html": {**shell("Transactions"), **rule_samples.rule()},
    "transactions/rule_builder.html": {**shell("Transactions"), **rule_samples.rule_builder()},
    "transactions/value_lists.html": {**shell("Transactions"), **rule_samples.value_lists()},
    "transactions/value_list.html": {**shell("Transactions"), **rule_samples.value_list()},
    "transactions/list.html": {**shell("Transactions"), **transactions()},
    "transactions/detail.html": {
        **shell("Transactions"),
        **transaction(),
        **rule_samples.rules_met(),
    },
    "inventory/list.html": {**shell("Inventory"), **inventory()},
    "inventory/product.html": {**shell("Inventory"), **product()},
    "inventory/suggestions.html": {**shell("Inventory"), **purchasing(tab="open")},
    "inventory/orders.html": {**shell("Inventory"), **purchasing()},
    "inventory/order.html": {
        **shell("Inventory"),
        **purchasing(order=_ORDER, supplier=_SUPPLIER, is_draft=True, may_change=True),
        **dict.fromkeys(("units", "received_units", "missing_units", "days_late"), 0),
        **dict.fromkeys(("amount", "missing_value"), Decimal(10)),
    },
    "inventory/suppliers.html": {**shell("Inventory"), **purchasing(query="")},
    "inventory/supplier.html": {
        **shell("Inventory"),
        **purchasing(supplier=_SUPPLIER, card=_SCORECARD, weekdays="any day", products_total=0),
    },
    "inventory/counts.html": {**shell("Inventory"), **purchasing()},
    "inventory/count_sheet.html": {
        **shell("Inventory"),
        **purchasing(sheet=CountSheet(pk=1, abc_class="A"), posted=0),
    },
    "inventory/replay.html": {**shell("Inventory"), **core_samples.replay()},
    "core/files.html": {**shell(), **core_samples.files()},
    "core/views.html": {**shell(), **core_samples.views()},
    "core/reports.html": {**shell(), **core_samples.reports()},
    "analytics/metric_rules.html": {**shell("Alerts"), **core_samples.metric_rules()},
    "analytics/metric_rule.html": {**shell("Alerts"), **core_samples.metric_rule()},
    "alerts/list.html": {**shell("Alerts"), **alert_list()},
    "alerts/detail.html": {**shell("Alerts"), **alert_detail()},
    "techmart/health.html": {**shell("Health"), **health()},
}
