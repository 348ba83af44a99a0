"""Numbers of the dashboard: windows from base rows, series from rollups, levels as they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from analytics.filters import Scope
from analytics.models import LevelReading, RollupState
from analytics.reports.sums import ZERO, Sold, by_day, sold_in
from inventory.models import Product
from inventory.querysets import LOW_STOCK, OUT_OF_STOCK
from techmart.lib.periods import Stretch, Windows
from transactions.choices import TransactionStatus
from transactions.models import Transaction

Money = Decimal


@dataclass(frozen=True, slots=True)
class Levels:
    """What waits and what is short: now, or at an earlier hour."""

    held: int
    held_amount: Money
    low: int
    out: int


@dataclass(frozen=True, slots=True)
class Day:
    """One shop day of a series."""

    day: date
    lines: int
    net: Money
    average_order: Money


@dataclass(frozen=True, slots=True)
class Figures:
    """Everything the strip and the daily chart show.

    previous, days_before: None and empty where nothing is compared. levels_before, levels_series:
    known of the whole shop alone, whose levels are read each hour.
    """

    current: Sold
    previous: Sold | None
    levels: Levels
    levels_before: Levels | None
    levels_series: Sequence[Levels]
    days: Sequence[Day]
    days_before: Sequence[Day]


def read_figures(scope: Scope, spans: Windows, *, now: datetime) -> Figures:
    """Read all figures of one view of the dashboard."""
    compared = spans.previous is not None
    return Figures(
        current=sold_in(scope, spans.current),
        previous=sold_in(scope, spans.previous) if spans.previous else None,
        levels=levels_now(scope),
        levels_before=_levels_at(now - spans.shift) if scope.whole_shop and compared else None,
        levels_series=_levels_series(spans.current) if scope.whole_shop else (),
        days=days_of(scope, spans.first_day, spans.last_day),
        days_before=(
            days_of(scope, spans.first_day - spans.shift, spans.last_day - spans.shift)
            if compared
            else ()
        ),
    )


def folded_through() -> datetime | None:
    """Return the moment up to which every committed change is in the rollups; None before any."""
    return RollupState.objects.values_list("folded_through", flat=True).first()


def held_sales(scope: Scope) -> QuerySet[Transaction]:
    """Return the sales that wait for an analyst; served by idx_tx_review_open."""
    held = Transaction.objects.filter(status=TransactionStatus.IN_REVIEW)
    return held.filter(**_lookups(scope, category="product__category"))


def low_products_in(scope: Scope) -> QuerySet[Product]:
    """Return the low products of the category, whatever the store: stock has one place."""
    return Product.objects.filter(LOW_STOCK, **_lookups(Scope(category=scope.category)))


def out_products_in(scope: Scope) -> QuerySet[Product]:
    """Return the category's products that are out, whatever the store: stock has one place."""
    return Product.objects.filter(OUT_OF_STOCK, **_lookups(Scope(category=scope.category)))


def levels_now(scope: Scope) -> Levels:
    """Return what waits and what is short now."""
    held = held_sales(scope).aggregate(count=Count("pk"), amount=Sum("total_amount", default=ZERO))
    return Levels(
        held=held["count"],
        held_amount=held["amount"],
        low=low_products_in(scope).count(),
        out=out_products_in(scope).count(),
    )


def _lookups(scope: Scope, *, category: str = "category") -> dict[str, Any]:
    found = {"store": scope.store, category: scope.category}
    return {lookup: value for lookup, value in found.items() if value}


def _levels_at(moment: datetime) -> Levels | None:
    """Return the levels at the end of the hour before a moment; None when nobody looked then."""
    reading = (
        LevelReading.objects.filter(hour__lte=moment, hour__gt=moment - timedelta(hours=2))
        .order_by("-hour")
        .first()
    )
    return _as_levels(reading) if reading else None


def _levels_series(stretch: Stretch) -> list[Levels]:
    """Return the last reading of each day of the window, oldest first."""
    readings = LevelReading.objects.filter(
        Q(hour__gte=stretch.start) & Q(hour__lt=stretch.end)
    ).order_by("hour")
    last_of_day = {reading.hour.date(): _as_levels(reading) for reading in readings}
    return list(last_of_day.values())


def _as_levels(reading: LevelReading) -> Levels:
    return Levels(reading.held, reading.held_amount, reading.low, reading.out)


def days_of(scope: Scope, first: date, last: date) -> list[Day]:
    """Return every day from first to last, days without sales as zeros."""
    found = by_day(scope, first, last)
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [
        Day(day, sums.lines, sums.net, sums.average_order or ZERO)
        if (sums := found.get(day))
        else Day(day, 0, ZERO, ZERO)
        for day in days
    ]
