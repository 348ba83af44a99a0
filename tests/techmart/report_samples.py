"""Invented contexts of the analytics pages, in the shape that their templates ask for."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from analytics.customer_list import CustomerRow
from analytics.reports.heat import Heat, heat_rows
from analytics.reports.panels import Field, Panel, Report, Row, Section, Stack, Table
from techmart.lib import charts
from techmart.lib.page_parts import AsOf, Chip, Column, Link, Pager, Tile, Window
from tests.techmart import core_samples

NOW = datetime(2026, 11, 24, 14, 32, 10, tzinfo=UTC)
_STAMP = AsOf(NOW, 300)


def report() -> dict[str, Any]:
    """One tab with a panel of each kind."""
    return {
        "title": "Overview, analytics",
        "page_url": "/analytics/",
        "page_path": "/analytics/",
        "report": _report(),
        "tabs": [
            Link("Overview", "/analytics/", current=True),
            Link("Change", "/analytics/change/"),
        ],
        "filtered": True,
        "periods": [
            Link("28 d", "/analytics/", current=True),
            Link("7 d", "/analytics/?period=7d"),
        ],
        "filter_form": "",
        "hidden": [("period", "7d")],
        "chips": [Chip("ignored: cmp=ever", "/analytics/", ignored=True)],
        "window": Window(date(2026, 10, 28), date(2026, 11, 25)),
        "previous_window": None,
    }


def customers() -> dict[str, Any]:
    """The list of customers."""
    return {
        "page_url": "/analytics/customer-list/",
        "freshness": AsOf(NOW, 18_000),
        "selects": [],
        "hidden": [("cohort", "2026-05")],
        "chips": [Chip("First order in May 2026", "/analytics/customer-list/")],
        "columns": [
            Column("Customer", name="customer"),
            Column("Net, 365 days", align="r", name="net"),
        ],
        "column_menu": core_samples.CHOSEN_COLUMNS,
        "rows": [
            CustomerRow(
                code="C1",
                name="Dana Whitfield",
                url="/analytics/customers/C1/",
                segment="Loyal",
                orders=12,
                net=Decimal("812.40"),
                last_order_at=NOW,
                loyalty=83.0,
                tier="Gold",
                expected=None,
            )
        ],
        "pager": Pager("1 row of 1"),
    }


def customer() -> dict[str, Any]:
    """One customer."""
    return {
        "page_url": "/analytics/customers/C1/",
        "customer": SimpleNamespace(code="C1", __str__=lambda _: "Dana Whitfield"),
        "segment": "Loyal",
        "report": _report(),
    }


def _report() -> Report:
    tile = Tile(
        key="net_sales",
        label="Net sales",
        value=Decimal("1380000"),
        kind="money",
        href="/transactions/?basis=booked",
        definition="What completed sales came to.",
        as_of=_STAMP,
    )
    table = Table(
        [
            Field("category", "Category"),
            Field("net", "Net sales", "money"),
            Field("share", "Share", "share"),
            Field("change", "Change", "change"),
            Field("day", "Day", "day"),
            Field("bias", "Bias", "points", hide="opt-m"),
        ],
        [
            Row(
                ("Audio", Decimal("318900"), 0.4, (2, None), date(2026, 11, 24), -0.02),
                url="/transactions/?cat=Audio",
                sub="since May",
            )
        ],
        total=Row(("All", Decimal("318900"), 1.0, (2, 1), None, None), sub="of all"),
    )
    chart = charts.pareto(
        label="Net sales by product",
        summary="1 of 2 products makes 80 %.",
        bars=[
            charts.ParetoBar("1", 80.0, 0.8, "f-c1", "A"),
            charts.ParetoBar("2", 20.0, 1.0, "f-neutral", "C"),
        ],
        format_value=str,
        legend=[("f-c1", "A"), ("f-neutral", "C")],
        value_name="Net sales",
    )
    heat = Heat(
        caption="Orders by hour",
        heads=["00", "01"],
        marked=[True, False],
        rows=heat_rows({"Mon": [1.0, None]}, text=lambda *_: "1 order", subs={"Mon": "4"}),
        low="0",
        high="1 an hour",
        finding="Busiest: Mon 00:00",
    )
    return Report(
        "overview",
        [tile],
        [
            Section((_panel("sales", chart=chart),)),
            Section((_panel("hours", heat=heat, listed=table, listed_label="As a list"),)),
            Section((_panel("categories", table=table), Stack((_panel("empty"),))), "grid g-32"),
        ],
        _STAMP,
    )


def _panel(key: str, **parts: Any) -> Panel:
    return Panel(
        key=key, title=f"The {key}", metric="net_sales", as_of=_STAMP, url="/transactions/", **parts
    )
