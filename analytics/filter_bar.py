"""The filters of the dashboard and the analytics pages as a page shows them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from analytics.filters import ReportFilters, parse_filters, printed, printed_previous
from inventory.models import Product
from techmart.lib import formats
from techmart.lib.cache import cached_fragment, get_or_compute
from techmart.lib.cache.registry import DASHBOARD_CHOICES, DASHBOARD_FIELDS
from techmart.lib.page_parts import Chip, Link, Option, Select
from techmart.lib.periods import Comparison, Period
from transactions.models import Transaction

_PERIOD_LABELS = {
    Period.TODAY: "Today",
    Period.WEEK: "7 d",
    Period.MONTH: "28 d",
    Period.QUARTER: "90 d",
}
_COMPARISON_LABELS = {
    Comparison.PREVIOUS: "Previous period",
    Comparison.YEAR: "Same weeks last year",
    Comparison.NONE: "No comparison",
}


@dataclass(frozen=True, slots=True)
class Choices:
    """Stores and categories that a filter can name, in order."""

    stores: Sequence[str]
    categories: Sequence[str]


def choices() -> Choices:
    """Return what the filters can name."""

    def read() -> Choices:
        stores = (
            Transaction.objects.exclude(store="").order_by("store").distinct().values_list("store")
        )
        categories = (
            Product.objects.filter(active=True)
            .order_by("category")
            .distinct()
            .values_list("category")
        )
        return Choices(
            stores=tuple(store for (store,) in stores),
            categories=tuple(category for (category,) in categories),
        )

    return get_or_compute(DASHBOARD_CHOICES, {}, read).value


def read_filters(query: Mapping[str, str]) -> ReportFilters:
    """Read an address, with the stores and categories there are."""
    return parse_filters(
        query,
        stores=lambda: choices().stores,
        categories=lambda: choices().categories,
        zone=ZoneInfo(settings.TIME_ZONE),
    )


def bar_context(filters: ReportFilters, *, path: str, now: datetime) -> dict[str, Any]:
    """Return what the filters' form of the page at `path` shows."""
    spans = filters.windows(now=now, zone=ZoneInfo(settings.TIME_ZONE))
    return {
        "page_url": filters.url(path),
        "periods": _period_links(filters, path),
        "filter_form": _filter_form(filters),
        "hidden": _hidden(filters),
        "chips": _chips(filters, path),
        "window": printed(spans),
        "previous_window": printed_previous(spans),
    }


def _filter_form(filters: ReportFilters) -> SafeString:
    """Return the filters' fields: hundreds of options, the same for everybody."""
    return cached_fragment(
        DASHBOARD_FIELDS,
        vary={
            "store": filters.scope.store,
            "category": filters.scope.category,
            "comparison": filters.comparison.value,
        },
        render=lambda: "".join(
            render_to_string("components/select.html", {"select": select})
            for select in _selects(filters)
        ),
    )


def _period_links(filters: ReportFilters, path: str) -> list[Link]:
    return [
        Link(
            label,
            filters.within(period).url(path),
            current=not filters.custom and period is filters.period,
        )
        for period, label in _PERIOD_LABELS.items()
    ]


def _selects(filters: ReportFilters) -> list[Select]:
    known = choices()
    comparisons = [
        Option("" if name is Comparison.PREVIOUS else name.value, label)
        for name, label in _COMPARISON_LABELS.items()
    ]
    chosen = filters.comparison
    return [
        Select(
            "cmp",
            "Compare with",
            comparisons,
            "" if chosen is Comparison.PREVIOUS else chosen.value,
        ),
        Select(
            "store",
            "Store",
            [Option("", "All stores"), *(Option(store, store) for store in known.stores)],
            filters.scope.store,
        ),
        Select(
            "cat",
            "Category",
            [Option("", "All categories"), *(Option(name, name) for name in known.categories)],
            filters.scope.category,
        ),
    ]


def _hidden(filters: ReportFilters) -> list[tuple[str, str]]:
    kept = ("period", "from", "to")
    return [(name, value) for name, value in filters.parameters().items() if name in kept]


def _chips(filters: ReportFilters, path: str) -> list[Chip]:
    shown = [
        Chip(f"ignored: {name}={value}", filters.url(path), ignored=True)
        for name, value in filters.ignored
    ]
    if filters.custom:
        label = f"{formats.day(filters.start)} to {formats.day(filters.end)}"
        shown.append(Chip(label, filters.within(filters.period).url(path)))
    return shown
