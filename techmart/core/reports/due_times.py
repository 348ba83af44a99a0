"""When a report is due next, by the shop's clock. Pure."""

import calendar
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from techmart.core.reports.models import Frequency


def next_due(
    after: datetime,
    *,
    frequency: Frequency,
    at: time,
    weekday: int,
    day_of_month: int,
    zone: ZoneInfo,
) -> datetime:
    """Return the first due time later than `after`, in UTC.

    weekday: 0 is Monday. day_of_month: past a month's end it is its last day. A time that a
    change of clocks skips is moved on by the hour that is skipped; one that comes twice is its
    first.
    """
    day = after.astimezone(zone).date()
    while True:
        if _is_day(day, frequency, weekday, day_of_month):
            due = _moment(day, at, zone)
            if due > after:
                return due
        day += timedelta(days=1)


def _is_day(day: date, frequency: Frequency, weekday: int, day_of_month: int) -> bool:
    match frequency:
        case Frequency.DAILY:
            return True
        case Frequency.WEEKLY:
            return day.weekday() == weekday
        case Frequency.MONTHLY:
            return day.day == min(day_of_month, calendar.monthrange(day.year, day.month)[1])


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    # A local time that does not exist has the offset before the change, and so comes out later.
    return datetime.combine(day, at, zone).astimezone(ZoneInfo("UTC"))
