"""Overview: sales over time with their comparison, when they are made, and in which categories."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from analytics.dashboard import drawn
from analytics.dashboard.figures import Figures, Levels, days_of
from analytics.dashboard.tiles import window_tiles
from analytics.reports.heat import Heat, heat_rows
from analytics.reports.panels import Field, Panel, Report, Row, Section, Table
from analytics.reports.sources import FRESH_SECONDS, Sources
from analytics.reports.sums import Sums, sold_in
from techmart.lib import formats

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
CATEGORIES = 7
BUSIEST = 10
_HOURS = 24
# Every third hour is printed above the map.
_MARKED_HOURS = 3
_NO_LEVELS = Levels(0, Decimal(0), 0, 0)


def overview(sources: Sources) -> Report:
    """Return the tab."""
    numbers = _figures(sources)
    tiles = window_tiles(
        sources.filters,
        sources.spans,
        numbers,
        as_of=sources.folded.at or sources.now,
        limit_seconds=FRESH_SECONDS,
    )
    return Report(
        "overview",
        tiles,
        (
            Section((_sales(sources, numbers),)),
            Section(
                (_weekday_hours(sources), category_panel(sources, shown=CATEGORIES, narrow=True)),
                "grid g-2",
            ),
        ),
        sources.folded,
    )


def _figures(sources: Sources) -> Figures:
    """Return the figures of the window; of levels the overview has none."""
    scope, spans, before = sources.scope, sources.spans, sources.days_before
    return Figures(
        current=sold_in(scope, spans.current),
        previous=sold_in(scope, spans.previous) if spans.previous else None,
        levels=_NO_LEVELS,
        levels_before=None,
        levels_series=(),
        days=days_of(scope, *sources.days),
        days_before=days_of(scope, *before) if before else (),
    )


def _sales(sources: Sources, numbers: Figures) -> Panel:
    compared = bool(numbers.days_before)
    before: Sequence[object] = [day.net for day in numbers.days_before] or [None] * len(
        numbers.days
    )
    rows = [
        Row((day.day, day.lines, day.net, *([earlier] if compared else [])))
        for day, earlier in zip(numbers.days, before, strict=True)
    ]
    fields = [
        Field("day", "Day", "day"),
        Field("transactions", "Transactions", "count"),
        Field("net", "Net sales", "money"),
        *([Field("net_before", "Before", "money")] if compared else []),
    ]
    net_before = sum((day.net for day in numbers.days_before), Decimal(0))
    total = Row(
        (
            "All",
            sum(day.lines for day in numbers.days),
            sum((day.net for day in numbers.days), Decimal(0)),
            *([net_before] if compared else []),
        )
    )
    running = timezone.localdate(sources.folded.at or sources.now)
    chart = drawn.sales_chart(numbers, running_day=running, height="h-240")
    return Panel(
        key="sales",
        title="Net sales per day",
        metric="sales_by_day",
        as_of=sources.folded,
        chart=chart,
        table=Table(fields, rows, total=total) if any(day.lines for day in numbers.days) else None,
        url=sources.filters.sales_url(basis="booked"),
        aside=drawn.money(numbers.current.net),
    )


def _weekday_hours(sources: Sources) -> Panel:
    """Mean transactions of each hour of each weekday."""
    zone = ZoneInfo(settings.TIME_ZONE)
    first, last = sources.days
    today = timezone.localdate(sources.now)
    passed = min(last, today)
    weekdays = [
        sum(
            1
            for offset in range((passed - first).days + 1)
            if (first.weekday() + offset) % 7 == day
        )
        for day in range(len(WEEKDAYS))
    ]
    lines = [[0] * _HOURS for _ in WEEKDAYS]
    for hour, sums in sources.hours.items():
        local = hour.astimezone(zone)
        lines[local.weekday()][local.hour] += sums.lines
    means: dict[str, Sequence[float | None]] = {
        name: [count / weekdays[day] if weekdays[day] else None for count in lines[day]]
        for day, name in enumerate(WEEKDAYS)
    }
    busiest = max((v or 0.0, name, at) for name, row in means.items() for at, v in enumerate(row))
    heads = [f"{hour:02d}" for hour in range(_HOURS)]
    heat = Heat(
        caption="Mean transactions by weekday and hour, shop time",
        heads=heads,
        marked=[hour % _MARKED_HOURS == 0 for hour in range(_HOURS)],
        rows=heat_rows(means, text=_heard),
        low="0",
        high=f"{formats.decimal(busiest[0])} an hour",
        finding=f"Busiest: {busiest[1]} {busiest[2]:02d}:00",
    )
    table = Table(
        [
            Field("weekday", "Weekday"),
            Field("hour", "Hour"),
            Field("transactions", "Transactions", "count"),
            Field("mean", "Mean", "decimal"),
        ],
        [
            Row((name, f"{at:02d}:00", lines[day][at], means[name][at]))
            for day, name in enumerate(WEEKDAYS)
            for at in range(_HOURS)
            if lines[day][at]
        ],
    )
    return Panel(
        key="hours",
        title="Transactions by weekday and hour",
        metric="weekday_hours",
        as_of=sources.hours_as_of,
        heat=heat if busiest[0] else None,
        table=table,
        listed=Table(table.fields, sorted(table.rows, key=lambda row: -row.values[2])[:BUSIEST]),
        listed_label="Busiest hours as a list",
        url=sources.filters.sales_url(basis="completed"),
        aside=_mean_of(sources.spans.days),
    )


def _heard(name: str, hour: int, value: float | None) -> str:
    return f"{name} {hour:02d}:00, {formats.decimal(value)} transactions"


def _mean_of(days: int) -> str:
    weeks = days / 7
    return f"mean of {formats.decimal(weeks, places=0 if days % 7 == 0 else 1)} weeks"


def category_panel(sources: Sources, *, shown: int, narrow: bool = False) -> Panel:
    """Return net sales, units and margin of categories: the largest, and the rest as one row.

    narrow: for half a page, without units, margin and refunds.
    """
    filters, before = sources.filters, sources.categories_before
    whole = sum_of(sources.categories.values())
    ordered = sorted(sources.categories.items(), key=lambda item: (-item[1].net, item[0]))

    def row(name: str, names: Iterable[str], url: str = "") -> Row:
        parts = list(names)
        sums = sum_of(sources.categories[part] for part in parts if part in sources.categories)
        earlier = None
        if before is not None:
            earlier = sum_of(before[part] for part in parts if part in before).net
        values = (
            name,
            sums.net,
            float(sums.net / whole.net) if whole.net else 0.0,
            (sums.net, earlier),
            sums.units,
            sums.margin,
            float(sums.refunds / sums.gross) if sums.gross else None,
        )
        return Row(values[: len(fields)], url=url)

    fields = [
        Field("category", "Category"),
        Field("net", "Net sales", "money"),
        Field("share", "Share", "share"),
        Field("change", "Change", "change"),
        Field("units", "Units", "count", hide="opt-m"),
        Field("margin", "Margin", "money", hide="opt-m"),
        Field("refund_rate", "Refunds", "rate", hide="opt-l"),
    ]
    if narrow:
        fields = fields[:4]

    rows = [
        row(name, [name], filters.sales_url(basis="booked", cat=name))
        for name, _ in ordered[:shown]
    ]
    rest = [name for name, _ in ordered[shown:]]
    if rest:
        rows.append(row(f"{formats.count(len(rest))} more categories", rest))
    everything = sources.categories.keys() | (before or {}).keys()
    return Panel(
        key="categories",
        title="Sales by category",
        metric="categories",
        as_of=sources.categories_as_of,
        table=Table(fields, rows, total=row("All", everything)),
        url=filters.sales_url(basis="booked"),
    )


def sum_of(parts: Iterable[Sums]) -> Sums:
    """Return what all parts come to; an order in two of them counts twice."""
    return sum(parts, Sums())
