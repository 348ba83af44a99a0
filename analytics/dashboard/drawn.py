"""The dashboard's charts: sales of the period by day, and of today by hour."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings

from analytics.dashboard.figures import Day, Figures
from analytics.filters import Scope
from analytics.reports import materialized
from analytics.reports.sums import By, Sums, rows_by
from techmart.lib import charts, formats
from techmart.lib.periods import Stretch, midnight


@dataclass(frozen=True, slots=True)
class Hours:
    """Net sales of each shop hour of today and of the same weekday a week ago, by its name."""

    names: Sequence[str]
    today: Sequence[float | None]
    before: Sequence[float]


def hours_of_today(scope: Scope, *, now: datetime, zone: ZoneInfo) -> Hours:
    """Read today's hours and those of the same weekday last week, side by side by their name."""
    today = now.astimezone(zone).date()
    names = [f"{hour:02d}:00" for hour in range(24)]
    current, earlier = (_by_name(scope, day, zone) for day in (today, today - timedelta(days=7)))
    passed = now.astimezone(zone).hour
    return Hours(
        names=names,
        today=[
            float(current.get(name, 0)) if hour <= passed else None
            for hour, name in enumerate(names)
        ],
        before=[float(earlier.get(name, 0)) for name in names],
    )


def _by_name(scope: Scope, day: date, zone: ZoneInfo) -> dict[str, Decimal]:
    """Return net sales by shop hour; an hour that occurs twice is the sum of both."""
    stretch = Stretch(midnight(day, zone), midnight(day + timedelta(days=1), zone))
    found: dict[str, Decimal] = {}
    for hour, sums in _hours(scope, stretch).items():
        name = f"{hour.astimezone(zone):%H}:00"
        found[name] = found.get(name, Decimal(0)) + sums.net
    return found


def _hours(scope: Scope, stretch: Stretch) -> Mapping[datetime, Sums]:
    if not scope.whole_shop:
        return rows_by(By.HOUR, scope, stretch)
    start, end = stretch.start, stretch.end
    return {
        hour: sums
        for hour, sums in materialized.hourly_sales().items()
        if start is not None and end is not None and start <= hour < end
    }


def hourly_chart(hours: Hours) -> charts.Chart | None:
    """Draw today's hours; None without any sale on either day."""
    if not any(hours.today) and not any(hours.before):
        return None
    return charts.time_line(
        label="Net sales per hour, today",
        summary=f"{money(sum(value or 0 for value in hours.today))} so far today.",
        x=hours.names,
        series=[
            charts.Series("Today", hours.today, filled=True),
            charts.Series("Same time last week", hours.before, "kp", dashed=True, thin=True),
        ],
        format_value=money,
        format_tick=tick,
        steps=(1, 2, 3, 4, 6, 12, 24),
        height="h-200",
    )


def sales_chart(
    numbers: Figures, *, running_day: date, height: charts.Height = "h-240"
) -> charts.Chart | None:
    """Draw net sales a day, the days compared with dashed; None for one day or no sale.

    running_day: today; its part of the line is dashed, since it is not over.
    """
    days, before = numbers.days, numbers.days_before
    if len(days) < 2 or not any(day.lines for day in (*days, *before)):
        return None
    summary = f"{money(numbers.current.net)} in all"
    series = [
        charts.Series(
            "This period",
            [float(day.net) for day in days],
            filled=True,
            running_last=days[-1].day == running_day,
        )
    ]
    if numbers.previous is not None:
        summary += f", {money(numbers.previous.net)} in the time before"
        series.append(_earlier(before))
    return charts.time_line(
        label="Net sales per day",
        summary=f"{summary}.",
        x=[formats.day(day.day, year=False) for day in days],
        series=series,
        format_value=money,
        format_tick=tick,
        height=height,
    )


def _earlier(days: Sequence[Day]) -> charts.Series:
    return charts.Series("Before", [float(day.net) for day in days], "kp", dashed=True, thin=True)


def money(value: Decimal | float) -> str:
    """Write an amount in whole units of the shop's currency."""
    return formats.money(value, settings.SHOP_CURRENCY, places=0)


def tick(value: Decimal | float) -> str:
    """Write an amount at an axis."""
    return formats.axis_number(value, currency=settings.SHOP_CURRENCY)
