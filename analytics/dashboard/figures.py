"""Numbers of the dashboard, read from base rows of a window, rollups and current levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.db.models import Count, Q, Sum

from analytics.dashboard.filters import DashboardFilters, Windows
from analytics.models import CategoryDaily, LevelReading, RollupState, SalesHourly
from inventory.models import Product
from inventory.querysets import LOW_STOCK
from techmart.lib.periods import Stretch, midnight
from transactions.choices import TransactionStatus
from transactions.models import Transaction

Money = Decimal
_ZERO = Decimal("0")


@dataclass(frozen=True, slots=True)
class Sold:
    """Sales of one window: lines, orders and customers are counts, gross and refunds money."""

    lines: int
    orders: int
    customers: int
    gross: Money
    refunds: Money

    @property
    def net(self) -> Money:
        """Gross less what was booked back in the window."""
        return self.gross - self.refunds

    @property
    def average_order(self) -> Money | None:
        """Gross an order; None without orders."""
        return (self.gross / self.orders).quantize(Decimal("0.01")) if self.orders else None


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
    """Everything the strip and the daily chart show."""

    current: Sold
    previous: Sold
    levels: Levels
    levels_before: Levels | None
    levels_series: Sequence[Levels]
    days: Sequence[Day]
    days_before: Sequence[Day]


def read_figures(filters: DashboardFilters, spans: Windows, *, now: datetime) -> Figures:
    """Read all figures of one view of the dashboard."""
    return Figures(
        current=_sold(filters, spans.current),
        previous=_sold(filters, spans.previous),
        levels=_levels_now(),
        levels_before=_levels_at(now - spans.shift),
        levels_series=_levels_series(spans),
        days=_days(filters, spans.first_day, spans.last_day),
        days_before=_days(filters, spans.first_day - spans.shift, spans.last_day - spans.shift),
    )


def folded_through() -> datetime | None:
    """Return the moment up to which every committed change is in the rollups; None before any."""
    return RollupState.objects.values_list("folded_through", flat=True).first()


_SOLD = """
SELECT count(*), count(DISTINCT t.order_ref), count(DISTINCT t.customer_id),
    coalesce(sum(t.total_amount), 0)
FROM transactions t{join}
WHERE t.completed_at >= %(start)s AND t.completed_at < %(end)s{narrowed}
"""
_BOOKED = """
SELECT coalesce(sum(
    CASE WHEN a.kind = 'chargeback_reversed' THEN -a.amount ELSE a.amount END
), 0)
FROM adjustments a JOIN transactions t ON t.id = a.transaction_id{join}
WHERE a.booked_at >= %(start)s AND a.booked_at < %(end)s{narrowed}
"""
_CATEGORY_JOIN = " JOIN products p ON p.id = t.product_id"


def _sold(filters: DashboardFilters, stretch: Stretch) -> Sold:
    """Read one window from its own rows, through the index of completed_at."""
    parts = {
        "join": _CATEGORY_JOIN if filters.category else "",
        "narrowed": (" AND t.store = %(store)s" if filters.store else "")
        + (" AND p.category = %(category)s" if filters.category else ""),
    }
    values: dict[str, Any] = {
        "start": stretch.start,
        "end": stretch.end,
        "store": filters.store,
        "category": filters.category,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOLD.format(**parts), values)
        lines, orders, customers, gross = cursor.fetchone()
        cursor.execute(_BOOKED.format(**parts), values)
        [refunds] = cursor.fetchone()
    return Sold(lines, orders, customers, gross, refunds)


def _levels_now() -> Levels:
    held = Transaction.objects.filter(status=TransactionStatus.IN_REVIEW).aggregate(
        count=Count("pk"), amount=Sum("total_amount", default=_ZERO)
    )
    return Levels(
        held=held["count"],
        held_amount=held["amount"],
        low=Product.objects.filter(LOW_STOCK).count(),
        out=Product.objects.filter(Q(active=True) & Q(stock_quantity__lte=0)).count(),
    )


def _levels_at(moment: datetime) -> Levels | None:
    """Return the levels at the end of the hour before a moment; None when nobody looked then."""
    reading = (
        LevelReading.objects.filter(hour__lte=moment, hour__gt=moment - timedelta(hours=2))
        .order_by("-hour")
        .first()
    )
    return _as_levels(reading) if reading else None


def _levels_series(spans: Windows) -> list[Levels]:
    """Return the last reading of each day of the window, oldest first."""
    readings = LevelReading.objects.filter(
        hour__gte=spans.current.start, hour__lt=spans.current.end
    ).order_by("hour")
    last_of_day = {reading.hour.date(): _as_levels(reading) for reading in readings}
    return list(last_of_day.values())


def _as_levels(reading: LevelReading) -> Levels:
    return Levels(reading.held, reading.held_amount, reading.low, reading.out)


_BY_STORE = """
SELECT day, sum(lines), sum(gross) - sum(refunds), sum(gross) / nullif(sum(orders), 0)
FROM (
    SELECT (t.completed_at AT TIME ZONE %(zone)s)::date AS day, count(*) AS lines,
        count(DISTINCT t.order_ref) AS orders, sum(t.total_amount) AS gross, 0 AS refunds
    FROM transactions t{join}
    WHERE t.completed_at >= %(start)s AND t.completed_at < %(end)s AND t.store = %(store)s{category}
    GROUP BY 1
    UNION ALL
    SELECT (a.booked_at AT TIME ZONE %(zone)s)::date, 0, 0, 0,
        sum(CASE WHEN a.kind = 'chargeback_reversed' THEN -a.amount ELSE a.amount END)
    FROM adjustments a JOIN transactions t ON t.id = a.transaction_id{join}
    WHERE a.booked_at >= %(start)s AND a.booked_at < %(end)s AND t.store = %(store)s{category}
    GROUP BY 1
) parts
GROUP BY day
"""
_BY_DAY = """
SELECT (hour AT TIME ZONE %(zone)s)::date, sum(lines), sum(gross) - sum(refunds),
    sum(gross) / nullif(sum(orders), 0)
FROM sales_hourly
WHERE hour >= %(start)s AND hour < %(end)s
GROUP BY 1
"""


def _days(filters: DashboardFilters, first: date, last: date) -> list[Day]:
    """Return every day from first to last, days without sales as zeros.

    From the rollups, but for one store: of stores there is none, and a store's rows are few.
    """
    if filters.store:
        found = _store_days(filters, first, last)
    elif filters.category:
        found = {
            row.day: (row.lines, row.gross - row.refunds, row.gross / (row.orders or 1))
            for row in CategoryDaily.objects.filter(
                day__range=(first, last), category=filters.category
            )
        }
    else:
        found = _run(_BY_DAY, first, last, {})
    nothing = (0, _ZERO, _ZERO)
    days = (first + timedelta(days=offset) for offset in range((last - first).days + 1))
    return [Day(day, *found.get(day, nothing)) for day in days]


def _store_days(
    filters: DashboardFilters, first: date, last: date
) -> dict[date, tuple[int, Money, Money]]:
    query = _BY_STORE.format(
        join=_CATEGORY_JOIN if filters.category else "",
        category=" AND p.category = %(category)s" if filters.category else "",
    )
    return _run(query, first, last, {"store": filters.store, "category": filters.category})


def _run(
    query: str, first: date, last: date, values: dict[str, Any]
) -> dict[date, tuple[int, Money, Money]]:
    zone = ZoneInfo(settings.TIME_ZONE)
    stretch = {
        "start": midnight(first, zone),
        "end": midnight(last + timedelta(days=1), zone),
    }
    with connection.cursor() as cursor:
        cursor.execute(query, {**values, **stretch, "zone": zone.key})
        return {
            day: (int(lines), net, average or _ZERO)
            for day, lines, net, average in cursor.fetchall()
        }


def hourly_net(start: datetime, end: datetime) -> dict[datetime, Money]:
    """Return net sales of each hour with any in [start, end), all channels together."""
    rows = (
        SalesHourly.objects.filter(hour__gte=start, hour__lt=end)
        .values("hour")
        .annotate(total_gross=Sum("gross"), total_refunds=Sum("refunds"))
    )
    return {row["hour"]: row["total_gross"] - row["total_refunds"] for row in rows}
