"""The dashboard put together: figures and panels, through the cache."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils import timezone

from alerts.models import Alert
from alerts.pages import AlertRow, alert_row
from analytics.dashboard import drawn, figures, rankings, stock, suspicious, waiting
from analytics.dashboard.figures import Figures
from analytics.dashboard.tiles import FRESH_SECONDS, STOCK_FRESH_SECONDS, key_figures
from analytics.filter_bar import bar_context
from analytics.filters import SALES_PATH, ReportFilters
from analytics.reports import materialized
from inventory.choices import RunKind, RunStatus
from inventory.models import ForecastRun
from techmart.core.jobs import next_run
from techmart.core.models import User
from techmart.lib.cache import get_or_compute, variant
from techmart.lib.cache.entry import CacheEntry
from techmart.lib.cache.registry import DASHBOARD_FIGURES, DASHBOARD_HOURS, DASHBOARD_PANELS
from techmart.lib.page_parts import AsOf, Tile, Window
from techmart.lib.periods import Windows, address, format_bound, midnight

PATH = "/"
ALERT_ROWS = 5
_SUGGESTING = "inventory.generate_reorder_suggestions"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Panels:
    """Rows of the panels that do not depend on who looks."""

    decisions: Sequence[waiting.Decision]
    decided_today: str
    low: stock.LowStock
    suggestions: Sequence[stock.SuggestionRow]
    suggestions_total: int
    suggested_at: datetime | None
    suspicious: Sequence[suspicious.SuspiciousRow]
    categories: Sequence[rankings.RankRow]
    top: rankings.TopProducts


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One view of the dashboard, for page and API. as_of: every change before it is in it.

    last_day: the last 24 hours of the whole shop, None where a part of it is shown.
    """

    filters: ReportFilters
    spans: Windows
    as_of: datetime
    tiles: Sequence[Tile]
    figures: Figures
    hours: drawn.Hours
    panels: Panels
    last_day: materialized.LastDay | None


def dashboard(filters: ReportFilters, *, now: datetime, refresh: bool = False) -> Dashboard:
    """Return one view of the dashboard. refresh: read everything anew and keep it."""
    zone = ZoneInfo(settings.TIME_ZONE)
    spans = filters.windows(now=now, zone=zone)
    today = now.astimezone(zone).date()
    scope = filters.scope
    view = {"variant": view_variant(filters, today)}

    def cached(entry: CacheEntry, read: Callable[[], T]) -> T:
        return get_or_compute(entry, view, read, refresh=refresh).value

    numbers = cached(DASHBOARD_FIGURES, lambda: figures.read_figures(scope, spans, now=now))
    rows = cached(DASHBOARD_PANELS, lambda: _panels(filters, spans, today=today, now=now))
    hours = cached(DASHBOARD_HOURS, lambda: drawn.hours_of_today(scope, now=now, zone=zone))
    # What is cached goes as soon as a change is folded, so what is there is true up to the fold.
    as_of = figures.folded_through() or now
    return Dashboard(
        filters=filters,
        spans=spans,
        as_of=as_of,
        tiles=key_figures(filters, spans, numbers, as_of=as_of, now=now),
        figures=numbers,
        hours=hours,
        panels=rows,
        last_day=materialized.last_day() if scope.whole_shop else None,
    )


def view_variant(filters: ReportFilters, today: date) -> str:
    """Name a view in cache keys. The day is in it: at midnight every window moves."""
    return f"{today}-{variant({'address': filters.url(PATH)})}"


def head_context(filters: ReportFilters, *, now: datetime) -> dict[str, Any]:
    """Return what stands around the panels."""
    return {
        **bar_context(filters, path=PATH, now=now),
        "refresh_url": "/refresh/",
        "freshness": AsOf(figures.folded_through() or now, FRESH_SECONDS),
        "loading": waiting.loading(now=now),
    }


def panel_context(view: Dashboard, *, user: User) -> dict[str, Any]:
    """Return what the panels ask for."""
    filters, rows, scope = view.filters, view.panels, view.filters.scope
    stamp = AsOf(view.as_of, FRESH_SECONDS)
    booked = filters.sales_url(basis="booked")
    low_url = _with({"status": "low", "cat": scope.category}, "/inventory/")
    return {
        "page_url": filters.url(PATH),
        "tiles": view.tiles,
        "sales_title": "Net sales per day",
        "sales_chart": drawn.sales_chart(view.figures, running_day=timezone.localdate(view.as_of)),
        "sales_as_of": stamp,
        "sales_url": booked,
        "analytics_url": filters.url("/analytics/"),
        "hourly_chart": drawn.hourly_chart(view.hours),
        "hourly_as_of": stamp,
        "hourly_url": _with(
            {
                "period": "today",
                "basis": "booked",
                "store": scope.store,
                "cat": scope.category,
            }
        ),
        "last_day": view.last_day,
        "last_day_url": _last_day_url(view.last_day),
        "decisions": rows.decisions,
        "decided_today": rows.decided_today,
        "part_shown": not scope.whole_shop,
        "store_shown": scope.store,
        "low_stock": rows.low.rows,
        "low_stock_total": rows.low.total,
        "low_stock_url": low_url,
        "low_stock_as_of": AsOf(view.as_of, STOCK_FRESH_SECONDS),
        "suggestions": rows.suggestions,
        "suggestions_total": rows.suggestions_total,
        "suggestions_url": low_url,
        "suggestions_computed_at": rows.suggested_at,
        "suggestions_next_at": next_run(_SUGGESTING, now=view.as_of),
        "suspicious": rows.suspicious,
        "suspicious_url": _with({"store": scope.store, "cat": scope.category, "suspicious": "1"}),
        "suspicious_as_of": stamp,
        "categories": rows.categories,
        "categories_max": max((row.revenue for row in rows.categories), default=Decimal(0)),
        "categories_as_of": stamp,
        "categories_url": booked,
        "top_products": rows.top.rows,
        "top_products_max": max((row.revenue for row in rows.top.rows), default=Decimal(0)),
        "top_products_window": Window(rows.top.first_day, rows.top.last_day + materialized.DAY),
        "top_products_as_of": stamp,
        "top_products_url": filters.url("/analytics/products/"),
        "alerts_url": "/alerts/",
        **_alerts(user),
    }


def _with(parameters: dict[str, str], path: str = SALES_PATH) -> str:
    return address(path, {name: value for name, value in parameters.items() if value})


def _last_day_url(last_day: materialized.LastDay | None) -> str:
    """Return the address of the sales and refunds of the 24 hours."""
    if last_day is None:
        return ""
    start = last_day.as_of - materialized.DAY
    return _with(
        {"from": format_bound(start), "to": format_bound(last_day.as_of), "basis": "booked"}
    )


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


def _panels(filters: ReportFilters, spans: Windows, *, today: date, now: datetime) -> Panels:
    scope = filters.scope
    suggested = (
        ForecastRun.objects.filter(kind=RunKind.SUGGESTIONS, status=RunStatus.DONE)
        .order_by("-started_at")
        .first()
    )
    return Panels(
        decisions=waiting.decisions(now=now, today=today),
        decided_today=waiting.decided_today(midnight=midnight(today, ZoneInfo(settings.TIME_ZONE))),
        low=stock.low_stock(scope, today=today),
        suggestions=stock.suggestions(scope),
        suggestions_total=stock.open_suggestions(scope).count(),
        suggested_at=suggested.finished_at if suggested else None,
        suspicious=suspicious.suspicious_sales(scope),
        categories=rankings.categories(filters, spans),
        top=rankings.top_products(filters, spans),
    )
