"""The dashboard."""

import math
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from techmart.lib import charts
from techmart.lib.page_parts import (
    AsOf,
    Chip,
    Link,
    Window,
)
from tests.techmart.page_samples.alert_pages import alerts
from tests.techmart.page_samples.shared import (
    BEFORE,
    NOW,
    STAMP,
    THIS,
    day_names,
    dollar_tick,
    dollars,
    tile,
    wave,
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
