"""The list of products and one of them."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from techmart.lib import charts, formats
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
from tests.techmart.page_samples.dashboard_page import dashboard
from tests.techmart.page_samples.shared import (
    NOW,
    day_names,
    tile,
    wave,
)


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
