"""The six key figures, each with the rows behind it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from analytics.dashboard.figures import Figures
from analytics.filters import ReportFilters, printed, printed_previous
from analytics.metrics import METRICS
from techmart.lib import formats
from techmart.lib.page_parts import AsOf, Kind, Tile, Window
from techmart.lib.periods import Windows, address

FRESH_SECONDS = 120
STOCK_FRESH_SECONDS = 60


def key_figures(
    filters: ReportFilters, spans: Windows, numbers: Figures, *, as_of: datetime, now: datetime
) -> list[Tile]:
    """Return the tiles of the strip, in their order."""
    return [
        *window_tiles(filters, spans, numbers, as_of=as_of),
        *_levels(filters, spans, numbers, as_of=as_of, now=now),
    ]


def window_tiles(
    filters: ReportFilters,
    spans: Windows,
    numbers: Figures,
    *,
    as_of: datetime,
    limit_seconds: int = FRESH_SECONDS,
) -> list[Tile]:
    """Return the figures of the window: net sales, transactions, customers, average order."""
    sold, earlier, days = numbers.current, numbers.previous, numbers.days
    completed = filters.sales_url(basis="completed")

    def tile(
        key: str, kind: Kind, value: Any, previous: Any, points: Sequence[Any], href: str = ""
    ) -> Tile:
        return Tile(
            key=key,
            label=METRICS[key].label,
            definition=METRICS[key].definition,
            value=value,
            kind=kind,
            href=href or completed,
            as_of=AsOf(as_of, limit_seconds),
            previous=previous,
            window=printed(spans),
            previous_window=printed_previous(spans),
            series=points,
        )

    return [
        tile(
            "net_sales",
            "money",
            sold.net,
            earlier and earlier.net,
            [day.net for day in days],
            filters.sales_url(basis="booked"),
        ),
        tile(
            "transactions",
            "count",
            sold.lines,
            earlier and earlier.lines,
            [day.lines for day in days],
        ),
        tile("active_customers", "count", sold.customers, earlier and earlier.customers, ()),
        tile(
            "average_order",
            "money_exact",
            sold.average_order,
            earlier and earlier.average_order,
            [day.average_order for day in days],
        ),
    ]


def _levels(
    filters: ReportFilters, spans: Windows, numbers: Figures, *, as_of: datetime, now: datetime
) -> list[Tile]:
    """Return what waits and what is short now, beside what it was then."""
    levels, before, series = numbers.levels, numbers.levels_before, numbers.levels_series
    scope = filters.scope
    then = now - spans.shift

    def tile(
        key: str, value: int, previous: int | None, href: str, detail: str, points: Sequence[int]
    ) -> Tile:
        return Tile(
            key=key,
            label=METRICS[key].label,
            definition=METRICS[key].definition,
            value=value,
            kind="count",
            href=href,
            as_of=AsOf(as_of, STOCK_FRESH_SECONDS),
            previous=previous,
            window=Window(now.date(), now.date() + timedelta(days=1)),
            previous_window=(
                Window(then.date(), then.date() + timedelta(days=1)) if before else None
            ),
            higher_is="bad",
            detail=detail,
            series=points,
        )

    held = {"status": "in_review", "store": scope.store, "cat": scope.category}
    low = {"status": "low", "cat": scope.category}
    short = [f"{formats.count(levels.out)} out"] if levels.out else []
    return [
        tile(
            "held",
            levels.held,
            before.held if before else None,
            _list("/transactions/", held),
            formats.money(levels.held_amount, settings.SHOP_CURRENCY) if levels.held else "",
            [reading.held for reading in series],
        ),
        tile(
            "low_stock",
            levels.low,
            before.low if before else None,
            _list("/inventory/", low),
            ", ".join([*short, "all stores"] if scope.store else short),
            [reading.low for reading in series],
        ),
    ]


def _list(path: str, parameters: dict[str, str]) -> str:
    return address(path, {name: value for name, value in parameters.items() if value})
