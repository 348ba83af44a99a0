"""The tabs of the analytics pages: their addresses and what each is made of."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from analytics.filter_bar import bar_context
from analytics.filters import ReportFilters
from analytics.reports.change import change
from analytics.reports.customers import customers
from analytics.reports.forecast import forecast_quality
from analytics.reports.overview import overview
from analytics.reports.panels import Report
from analytics.reports.products import products
from analytics.reports.sources import Sources
from techmart.lib.page_parts import Link


@dataclass(frozen=True, slots=True)
class Tab:
    """One tab. filtered: whether period, store and category mean anything there.

    personal: it names customers, which no browser may keep.
    """

    key: str
    label: str
    path: str
    build: Callable[[Sources], Report]
    filtered: bool = True
    personal: bool = False

    @property
    def permission(self) -> str:
        """What one must be allowed to see for it."""
        return "transactions.view_customer" if self.personal else "transactions.view_transaction"


TABS = {
    tab.key: tab
    for tab in (
        Tab("overview", "Overview", "/analytics/", overview),
        Tab("products", "Products", "/analytics/products/", products),
        Tab(
            "customers",
            "Customers",
            "/analytics/customers/",
            customers,
            filtered=False,
            personal=True,
        ),
        Tab("forecast", "Forecast quality", "/analytics/forecast/", forecast_quality),
        Tab("change", "Change", "/analytics/change/", change),
    )
}


def report_of(tab: Tab, filters: ReportFilters, *, now: datetime) -> Report:
    """Return the figures of a tab, for page and API."""
    return tab.build(Sources(filters, now))


def report_context(tab: Tab, filters: ReportFilters, *, now: datetime) -> dict[str, Any]:
    """Return what the tab's template asks for."""
    return {
        **bar_context(filters, path=tab.path, now=now),
        "page_path": tab.path,
        "report": report_of(tab, filters, now=now),
        "tabs": tab_links(filters, current=tab.key),
        "filtered": tab.filtered,
    }


def tab_links(filters: ReportFilters, *, current: str) -> list[Link]:
    """Return the tabs; each keeps the filters."""
    return [
        Link(tab.label, filters.url(tab.path), current=tab.key == current) for tab in TABS.values()
    ]
