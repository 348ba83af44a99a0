"""The tables of the analytics tabs as files: what is on screen, with window and comparison."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings

from analytics.filter_bar import read_filters
from analytics.filters import ReportFilters, printed, printed_previous
from analytics.reports import panels
from analytics.reports.tabs import TABS, Tab, report_of
from techmart.core.exports.registry import ExportList, Query, register
from techmart.core.exports.tables import shop_table
from techmart.core.models import User
from techmart.lib import formats
from techmart.lib.export import Cell, Column, Kind, Table

# The panels with a table by tab: title by key.
PANELS: Final[Mapping[str, Mapping[str, str]]] = {
    "overview": {
        "sales": "Net sales per day",
        "hours": "Transactions by weekday and hour",
        "categories": "Sales by category",
    },
    "products": {
        "pareto": "Products by revenue",
        "classes": "Classes",
        "stock_classes": "Stock by class",
        "best_products": "Best products",
        "categories": "Sales by category",
    },
    "customers": {
        "segments": "Customer segments",
        "model": "Repeat orders",
        "cohorts": "Retention by cohort",
        "expected": "Highest expected sales, 90 days",
    },
    "forecast": {
        "forecast_error": "Forecast error by week",
        "forecast_quality": "Forecast quality by class",
        "backtest_quality": "Backtest of the newest forecasts",
    },
    "change": {
        "change": "Why net sales changed",
        "change_products": "Products behind the change",
    },
}
_KINDS: Final[Mapping[panels.Kind, Kind]] = {
    "text": Kind.TEXT,
    "money": Kind.MONEY,
    "money_exact": Kind.MONEY,
    "count": Kind.COUNT,
    "decimal": Kind.NUMBER,
    "rate": Kind.SHARE,
    "share": Kind.SHARE,
    "points": Kind.SHARE,
    "day": Kind.DATE,
}
_TEXT_WIDTH, _NUMBER_WIDTH = 24, 13


# What a panel without a table comes to: the file says why, and a report goes out all the same.
_NOTHING: Final = panels.Table((panels.Field("nothing", "Nothing to show"),), ())


@dataclass(frozen=True, slots=True)
class _Part:
    """A column of the file, and how it is read from a row of the panel."""

    column: Column
    at: int
    # Of a change, which is a pair: "before", or "change" as a share.
    of: str = ""

    def read(self, row: panels.Row) -> Cell:
        value: Any = row.values[self.at]
        if not self.of:
            is_text = self.column.kind is Kind.TEXT and value is not None
            found: Cell = str(value) if is_text else value
            return found
        now, before = value
        if self.of == "before":
            return before  # type: ignore[no-any-return]  # money or nothing
        return float(now - before) / float(before) if before else None


def list_key(tab: str, panel: str) -> str:
    """Return the name of a panel's table among the lists that can be exported."""
    return f"analytics-{tab}-{panel}"


def register_lists() -> None:
    """Offer every panel that has a table."""
    for key, titles in PANELS.items():
        tab = TABS[key]
        for panel, title in titles.items():
            register(
                ExportList(
                    key=list_key(key, panel),
                    title=f"Analytics, {tab.label.lower()}: {title}",
                    permission=tab.permission,
                    path=tab.path,
                    build=partial(panel_table, tab, panel),
                )
            )


def panel_table(tab: Tab, key: str, query: Query, _user: User, now: datetime) -> Table:
    """Return one panel's table as the tab's address shows it, empty where it shows none."""
    filters = read_filters(query)
    report = report_of(tab, filters, now=now)
    return table_of_panel(
        next((each for each in report.panels if each.key == key), None),
        title=PANELS[tab.key][key],
        filters=_filters(tab, filters, now=now),
        now=now,
        url=f"{filters.url(tab.path)}#panel-{key}",
    )


def table_of_panel(
    panel: panels.Panel | None, *, title: str, filters: Sequence[str], now: datetime, url: str
) -> Table:
    """Return a panel's table with what the panel says; an empty one where there is none.

    filters: in words. now: what it is as of, unless the panel says.
    """
    table = (panel.table if panel else None) or _NOTHING
    parts = _parts(table)
    # Rows of one kind have a second line under their first value; it is a column here.
    detailed = any(row.sub for row in table.rows)

    def rows() -> Iterator[Sequence[Cell]]:
        for row in table.rows:
            cells = [part.read(row) for part in parts]
            yield [*cells, row.sub] if detailed else cells

    return shop_table(
        title=title,
        columns=[part.column for part in parts]
        + ([Column("Detail", width=_TEXT_WIDTH)] if detailed else []),
        rows=rows,
        row_count=len(table.rows),
        totals=_totals(table, parts) + _words(panel),
        filters=filters,
        as_of=(panel.as_of.at if panel else None) or now,
        url=url,
    )


def _parts(table: panels.Table) -> list[_Part]:
    parts = []
    for at, field in enumerate(table.fields):
        if field.kind == "change":
            parts.append(_Part(Column("Before", Kind.MONEY, _NUMBER_WIDTH), at, "before"))
            parts.append(_Part(Column(field.label, Kind.SHARE, _NUMBER_WIDTH), at, "change"))
            continue
        kind = _KINDS[field.kind]
        width = _TEXT_WIDTH if kind is Kind.TEXT and at == 0 else _NUMBER_WIDTH
        parts.append(_Part(Column(field.label, kind, width), at))
    return parts


def _totals(table: panels.Table, parts: Sequence[_Part]) -> list[tuple[str, Cell]]:
    """Return what the rows come to, where they add up."""
    if table.total is None:
        return []
    adding = {Kind.MONEY, Kind.COUNT}
    found = [(part.column, part.read(table.total)) for part in parts]
    return [
        (f"All: {column.label}", value)
        for column, value in found
        if column.kind in adding and isinstance(value, int | float | Decimal)
    ]


def _words(panel: panels.Panel | None) -> list[tuple[str, Cell]]:
    """Return what the page says beside and below the figures, and what they count."""
    if panel is None:
        return []
    said = {
        "Note": panel.aside,
        "Remark": panel.footer if panel.filled else panel.empty,
        "Counts": panel.definition,
    }
    return [(name, text) for name, text in said.items() if text]


def _filters(tab: Tab, filters: ReportFilters, *, now: datetime) -> list[str]:
    if not tab.filtered:
        return []
    zone = ZoneInfo(settings.TIME_ZONE)
    spans = filters.windows(now=now, zone=zone)
    window, previous = printed(spans), printed_previous(spans)
    words = [formats.window(window.start, window.end, zone)]
    if previous:
        words.append(f"compared with {formats.window(previous.start, previous.end, zone)}")
    if filters.scope.store:
        words.append(f"Store {filters.scope.store}")
    if filters.scope.category:
        words.append(filters.scope.category)
    return words
