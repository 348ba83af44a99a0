"""The dashboard put together: tiles, charts and panels, through the cache."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString

from alerts.models import Alert
from alerts.pages import AlertRow, alert_row
from analytics.dashboard import figures, panels
from analytics.dashboard.figures import Figures
from analytics.dashboard.filters import DashboardFilters, Windows, parse_filters, windows
from analytics.metrics import METRICS
from inventory.choices import RunKind, RunStatus
from inventory.models import ForecastRun, Product, ReorderSuggestion
from inventory.querysets import LOW_STOCK
from techmart.core.models import User
from techmart.lib import charts, formats
from techmart.lib.cache import cached_fragment, get_or_compute
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.cache.registry import (
    DASHBOARD_CHOICES,
    DASHBOARD_FIELDS,
    DASHBOARD_FIGURES,
    DASHBOARD_HOURS,
    DASHBOARD_PANELS,
)
from techmart.lib.page_parts import AsOf, Chip, Link, Option, Select, Tile, Window
from techmart.lib.periods import Period, midnight
from transactions.models import Transaction

PATH = "/"
FRESH_SECONDS = 120
STOCK_FRESH_SECONDS = 60
ALERT_ROWS = 5
_PERIOD_LABELS = {
    Period.TODAY: "Today",
    Period.WEEK: "7 d",
    Period.MONTH: "28 d",
    Period.QUARTER: "90 d",
}
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Choices:
    """Stores and categories that a filter can name, in order."""

    stores: Sequence[str]
    categories: Sequence[str]


@dataclass(frozen=True, slots=True)
class Panels:
    """Rows of the panels that do not depend on who looks."""

    decisions: Sequence[panels.Decision]
    low: Sequence[panels.LowProduct]
    low_total: int
    suggestions: Sequence[panels.SuggestionRow]
    suggestions_total: int
    suggested_at: datetime | None
    suspicious: Sequence[panels.SuspiciousRow]
    categories: Sequence[panels.RankRow]
    top: Sequence[panels.RankRow]


@dataclass(frozen=True, slots=True)
class Hours:
    """Net sales of each shop hour of today and of the same weekday a week ago, by its name."""

    names: Sequence[str]
    today: Sequence[float | None]
    before: Sequence[float]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One view of the dashboard, for page and API. as_of: every change before it is in it."""

    filters: DashboardFilters
    spans: Windows
    as_of: datetime
    tiles: Sequence[Tile]
    figures: Figures
    hours: Hours
    panels: Panels


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


def read_filters(query: Mapping[str, str]) -> DashboardFilters:
    """Read an address, with the stores and categories there are."""
    known = choices()
    return parse_filters(
        query,
        stores=set(known.stores),
        categories=set(known.categories),
        zone=ZoneInfo(settings.TIME_ZONE),
    )


def dashboard(filters: DashboardFilters, *, now: datetime, refresh: bool = False) -> Dashboard:
    """Return one view of the dashboard. refresh: read everything anew and keep it."""
    zone = ZoneInfo(settings.TIME_ZONE)
    spans = windows(filters, now=now, zone=zone)
    today = now.astimezone(zone).date()
    variant = _variant(filters, today)

    def cached(entry: CacheEntry, read: Callable[[], T]) -> T:
        return get_or_compute(entry, {"variant": variant}, read, refresh=refresh).value

    numbers = cached(DASHBOARD_FIGURES, lambda: figures.read_figures(filters, spans, now=now))
    rows = cached(DASHBOARD_PANELS, lambda: _panels(filters, spans, now=now, today=today))
    hours = cached(DASHBOARD_HOURS, lambda: _hours(now=now, zone=zone))
    # What is cached goes as soon as a change is folded, so what is there is true up to the fold.
    as_of = figures.folded_through() or now
    return Dashboard(
        filters=filters,
        spans=spans,
        as_of=as_of,
        tiles=_tiles(filters, spans, numbers, as_of=as_of, now=now),
        figures=numbers,
        hours=hours,
        panels=rows,
    )


def _variant(filters: DashboardFilters, today: date) -> str:
    """Name a view in cache keys. The day is in it: at midnight every window moves."""
    address = filters.url(PATH).encode()
    return f"{today}-{hashlib.blake2b(address, digest_size=8).hexdigest()}"


def head_context(filters: DashboardFilters, *, now: datetime) -> dict[str, Any]:
    """Return what stands around the panels."""
    spans = windows(filters, now=now, zone=ZoneInfo(settings.TIME_ZONE))
    return {
        "page_url": filters.url(PATH),
        "refresh_url": "/refresh/",
        "freshness": AsOf(figures.folded_through() or now, FRESH_SECONDS),
        "periods": _period_links(filters),
        "filter_form": _filter_form(filters),
        "hidden": _hidden(filters),
        "chips": _chips(filters),
        "window": spans.printed,
        "previous_window": spans.printed_previous,
        "loading": panels.loading(now=now),
    }


def _filter_form(filters: DashboardFilters) -> SafeString:
    """Return the filters' fields: hundreds of options, the same for everybody."""
    return cached_fragment(
        DASHBOARD_FIELDS,
        vary={"store": filters.store, "category": filters.category},
        render=lambda: "".join(
            render_to_string("components/select.html", {"select": select})
            for select in _selects(filters)
        ),
    )


def panel_variant(filters: DashboardFilters, *, user: User, now: datetime) -> dict[str, str]:
    """Return what a panel's HTML depends on beside the data: address, day, reader's rights."""
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return {
        "view": _variant(filters, today),
        "zone": user.time_zone,
        "rights": "all" if user.is_superuser else ",".join(sorted(user.get_all_permissions())),
    }


def panel_context(view: Dashboard, *, user: User, now: datetime) -> dict[str, Any]:
    """Return what the panels ask for."""
    filters, spans, rows = view.filters, view.spans, view.panels
    stamp = AsOf(view.as_of, FRESH_SECONDS)
    window = panels.top_window((spans.last_day - spans.first_day).days + 1)
    return {
        "page_url": filters.url(PATH),
        "tiles": view.tiles,
        "sales_title": "Net sales per day",
        "sales_chart": _sales_chart(view),
        "sales_as_of": stamp,
        "sales_url": f"/transactions/?{filters.drill_down(basis='booked')}",
        "hourly_chart": _hourly_chart(view.hours),
        "hourly_as_of": stamp,
        "hourly_url": panels.list_url(period="today", basis="booked"),
        "decisions": rows.decisions,
        "decided_today": "",
        "low_stock": rows.low,
        "low_stock_total": rows.low_total,
        "low_stock_url": "/inventory/?status=low",
        "low_stock_as_of": AsOf(view.as_of, STOCK_FRESH_SECONDS),
        "suggestions": rows.suggestions,
        "suggestions_total": rows.suggestions_total,
        "suggestions_url": "/inventory/?status=low",
        "suggestions_computed_at": rows.suggested_at,
        "suggestions_next_at": None,
        "suspicious": rows.suspicious,
        "suspicious_url": "/transactions/?suspicious=1",
        "suspicious_as_of": stamp,
        "categories": rows.categories,
        "categories_max": max((row.revenue for row in rows.categories), default=Decimal(0)),
        "categories_as_of": stamp,
        "categories_url": f"/transactions/?{filters.drill_down(basis='booked')}",
        "top_products": rows.top,
        "top_products_max": max((row.revenue for row in rows.top), default=Decimal(0)),
        "top_products_window": f"{window} days",
        "top_products_as_of": stamp,
        "top_products_url": "/inventory/",
        "alerts_url": "/alerts/",
        **_alerts(user),
    }


def _alerts(user: User) -> dict[str, Any]:
    live = Alert.objects.visible_to(user).needing_attention()
    may_change = user.has_perm("alerts.change_alert")
    rows: list[AlertRow] = [
        alert_row(alert, user=user, may_change=may_change)
        for alert in live.worst_first().select_related("assigned_to", "acknowledged_by")[
            :ALERT_ROWS
        ]
    ]
    return {"alert_strip": rows, "alerts_total": live.count()}


def _panels(filters: DashboardFilters, spans: Windows, *, now: datetime, today: date) -> Panels:
    days = (spans.last_day - spans.first_day).days + 1
    suggested = (
        ForecastRun.objects.filter(kind=RunKind.SUGGESTIONS, status=RunStatus.DONE)
        .order_by("-started_at")
        .first()
    )
    return Panels(
        decisions=panels.decisions(now=now, today=today),
        low=panels.low_products(today=today),
        low_total=Product.objects.filter(LOW_STOCK).count(),
        suggestions=panels.suggestions(),
        suggestions_total=ReorderSuggestion.objects.open().count(),
        suggested_at=suggested.finished_at if suggested else None,
        suspicious=panels.suspicious_sales(),
        categories=panels.categories(filters, spans),
        top=panels.top_products(panels.top_window(days)),
    )


def _tiles(
    filters: DashboardFilters,
    spans: Windows,
    numbers: Figures,
    *,
    as_of: datetime,
    now: datetime,
) -> list[Tile]:
    stamp = AsOf(as_of, FRESH_SECONDS)
    sales = f"/transactions/?{filters.drill_down(basis='completed')}"
    net = f"/transactions/?{filters.drill_down(basis='booked')}"
    levels, before = numbers.levels, numbers.levels_before
    series = numbers.levels_series

    def over_window(
        key: str, kind: Any, value: Any, previous: Any, href: str, points: Sequence[Any]
    ) -> Tile:
        return Tile(
            key=key,
            label=METRICS[key].label,
            definition=METRICS[key].definition,
            value=value,
            kind=kind,
            href=href,
            as_of=stamp,
            previous=previous,
            window=spans.printed,
            previous_window=spans.printed_previous,
            series=points,
        )

    def level(key: str, value: int, previous: int | None, href: str, detail: str) -> Tile:
        then = now - spans.shift
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
            previous_window=Window(then.date(), then.date() + timedelta(days=1)),
            higher_is="bad",
            detail=detail,
            series=[reading.held if key == "held" else reading.low for reading in series],
        )

    sold, earlier = numbers.current, numbers.previous
    days = numbers.days
    return [
        over_window("net_sales", "money", sold.net, earlier.net, net, [day.net for day in days]),
        over_window(
            "transactions", "count", sold.lines, earlier.lines, sales, [d.lines for d in days]
        ),
        over_window("active_customers", "count", sold.customers, earlier.customers, sales, ()),
        over_window(
            "average_order",
            "money_exact",
            sold.average_order,
            earlier.average_order,
            sales,
            [day.average_order for day in days],
        ),
        level(
            "held",
            levels.held,
            before.held if before else None,
            "/transactions/?status=in_review",
            formats.money(levels.held_amount, settings.SHOP_CURRENCY) if levels.held else "",
        ),
        level(
            "low_stock",
            levels.low,
            before.low if before else None,
            "/inventory/?status=low",
            f"{formats.count(levels.out)} out" if levels.out else "",
        ),
    ]


def _sales_chart(view: Dashboard) -> charts.Chart | None:
    days, before = view.figures.days, view.figures.days_before
    if len(days) < 2 or not any(day.lines for day in (*days, *before)):
        return None
    sold, earlier = view.figures.current, view.figures.previous
    return charts.time_line(
        label="Net sales per day",
        summary=f"{_money(sold.net)} in all, {_money(earlier.net)} in the time before.",
        x=[formats.day(day.day, year=False) for day in days],
        series=[
            charts.Series(
                "This period",
                [float(day.net) for day in days],
                filled=True,
                running_last=days[-1].day == timezone.localdate(view.as_of),
            ),
            charts.Series(
                "Before", [float(day.net) for day in before], "kp", dashed=True, thin=True
            ),
        ],
        format_value=_money,
        format_tick=_tick,
    )


def _hourly_chart(hours: Hours) -> charts.Chart | None:
    if not any(hours.today) and not any(hours.before):
        return None
    return charts.time_line(
        label="Net sales per hour, today",
        summary=f"{_money(sum(value or 0 for value in hours.today))} so far today.",
        x=hours.names,
        series=[
            charts.Series("Today", hours.today, filled=True),
            charts.Series("Same time last week", hours.before, "kp", dashed=True, thin=True),
        ],
        format_value=_money,
        format_tick=_tick,
        steps=(1, 2, 3, 4, 6, 12, 24),
        height="h-200",
    )


def _hours(*, now: datetime, zone: ZoneInfo) -> Hours:
    """Read today's hours and those of the same weekday last week, side by side by their name."""
    today = now.astimezone(zone).date()
    names = [f"{hour:02d}:00" for hour in range(24)]
    current, earlier = _by_name(today, zone), _by_name(today - timedelta(days=7), zone)
    passed = now.astimezone(zone).hour
    return Hours(
        names=names,
        today=[
            float(current.get(name, 0)) if hour <= passed else None
            for hour, name in enumerate(names)
        ],
        before=[float(earlier.get(name, 0)) for name in names],
    )


def _by_name(day: date, zone: ZoneInfo) -> dict[str, Decimal]:
    """Return net sales by shop hour; an hour that occurs twice is the sum of both."""
    start, end = midnight(day, zone), midnight(day + timedelta(days=1), zone)
    found: dict[str, Decimal] = {}
    for hour, net in figures.hourly_net(start, end).items():
        name = f"{hour.astimezone(zone):%H}:00"
        found[name] = found.get(name, Decimal(0)) + net
    return found


def _period_links(filters: DashboardFilters) -> list[Link]:
    return [
        Link(
            label,
            filters.within(period).url(PATH),
            current=not filters.custom and period is filters.period,
        )
        for period, label in _PERIOD_LABELS.items()
    ]


def _selects(filters: DashboardFilters) -> list[Select]:
    known = choices()
    return [
        Select(
            "store",
            "Store",
            [Option("", "All stores"), *(Option(store, store) for store in known.stores)],
            filters.store,
        ),
        Select(
            "cat",
            "Category",
            [Option("", "All categories"), *(Option(name, name) for name in known.categories)],
            filters.category,
        ),
    ]


def _hidden(filters: DashboardFilters) -> list[tuple[str, str]]:
    kept = ("period", "from", "to")
    return [(name, value) for name, value in filters.parameters().items() if name in kept]


def _chips(filters: DashboardFilters) -> list[Chip]:
    shown = [
        Chip(f"ignored: {name}={value}", filters.url(PATH), ignored=True)
        for name, value in filters.ignored
    ]
    if filters.custom:
        label = f"{formats.day(filters.start)} to {formats.day(filters.end)}"
        shown.append(Chip(label, filters.within(filters.period).url(PATH)))
    return shown


def _money(value: Decimal | float) -> str:
    return formats.money(value, settings.SHOP_CURRENCY, places=0)


def _tick(value: Decimal | float) -> str:
    return formats.axis_number(value, currency=settings.SHOP_CURRENCY)
