"""Periods of pages and the stretches of time they stand for, in shop days.

The dashboard and the lists behind its numbers share this, so that both mean the same rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from urllib.parse import urlencode

# Years that an address may name; calendars outside them cannot be moved between zones safely.
_YEARS = range(1970, 2200)
_WEEK = 7
_WEEKS_A_YEAR = 52


class Period(StrEnum):
    """A period that moves with the clock; its value stands in the address."""

    TODAY = "today"
    WEEK = "7d"
    MONTH = "28d"
    QUARTER = "90d"

    @property
    def days(self) -> int:
        """Return how many shop days it has, the running one included."""
        return 1 if self is Period.TODAY else int(self.value.removesuffix("d"))


@dataclass(frozen=True, slots=True)
class Stretch:
    """A half-open stretch of time [start, end), aware UTC; None is without bound."""

    start: datetime | None
    end: datetime | None


Bound = date | datetime


def midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a shop day begins, in UTC."""
    return datetime.combine(day, time(0), zone).astimezone(UTC)


def window_of(period: Period, *, now: datetime, zone: tzinfo) -> Stretch:
    """Return the period's shop days, the last of which is today: whole days, 23 to 25 hours."""
    today = now.astimezone(zone).date()
    first = today - timedelta(days=period.days - 1)
    return Stretch(midnight(first, zone), midnight(today + timedelta(days=1), zone))


def stretch_between(start: Bound | None, end: Bound | None, *, zone: tzinfo) -> Stretch:
    """Return the time from `start` to `end`: days are both included, a moment as an end is not."""
    last = end
    if end is not None and not isinstance(end, datetime):
        last = end + timedelta(days=1)
    return Stretch(_moment(start, zone), _moment(last, zone))


def parse_bound(text: str, *, zone: tzinfo) -> Bound:
    """Read `2026-11-24` as a day, `2026-11-24T14:30` as a moment: of the zone unless it says so.

    Raises ValueError.
    """
    if "T" not in text and " " not in text:
        day = date.fromisoformat(text)
        _check_year(day)
        return day
    # A plus sign that was not quoted arrives as a blank.
    head, _, offset = text.partition(" ")
    moment = datetime.fromisoformat(f"{head}+{offset}" if offset else head)
    _check_year(moment)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=zone)
    return moment.astimezone(UTC)


def parse_day(text: str, *, zone: tzinfo) -> date:
    """Read a shop day, as `parse_bound` does. Raises ValueError, for a moment too."""
    bound = parse_bound(text, zone=zone)
    if isinstance(bound, datetime):
        raise ValueError(f"{text} is a moment, not a day")  # noqa: TRY004  the text is at fault
    return bound


def in_order(start: Bound, end: Bound, *, zone: tzinfo) -> bool:
    """Return whether any time lies between the bounds; a day as an end is included."""
    stretch = stretch_between(start, end, zone=zone)
    return stretch.start is not None and stretch.end is not None and stretch.start < stretch.end


def address(path: str, parameters: Mapping[str, str]) -> str:
    """Return a path with its query in the given order, the path alone without parameters."""
    query = urlencode(parameters)
    return f"{path}?{query}" if query else path


def format_bound(bound: Bound) -> str:
    """Write a bound as `parse_bound` reads it; moments in UTC."""
    if isinstance(bound, datetime):
        return bound.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return bound.isoformat()


class Comparison(StrEnum):
    """What a window is compared with; its value stands in the address."""

    PREVIOUS = "previous"
    YEAR = "year"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Windows:
    """A window of shop days, and the one it is compared with, both [start, end) in UTC.

    first_day, last_day: both included. shift: how far back the comparison lies: whole weeks, so
    that weekdays meet weekdays. Of a running window only what has passed is compared. previous
    is None where nothing is compared.
    """

    current: Stretch
    previous: Stretch | None
    first_day: date
    last_day: date
    shift: timedelta

    @property
    def days(self) -> int:
        """Return how many shop days the window has."""
        return (self.last_day - self.first_day).days + 1


def same_time_before(moment: datetime, shift: timedelta, *, zone: tzinfo) -> datetime:
    """Return the same time of the zone's clock so many whole days before, in UTC.

    17:40 stays 17:40 over a change to summer time.
    """
    local = moment.astimezone(zone)
    return (local.replace(tzinfo=None) - shift).replace(tzinfo=zone).astimezone(UTC)


def windows_of_days(
    first: date, last: date, *, comparison: Comparison, now: datetime, zone: tzinfo
) -> Windows:
    """Return the windows of the shop days from first to last.

    The one before lies as many whole weeks back as the days fill, the one of a year ago 52, or
    more for days that would meet themselves.
    """
    stretch = Stretch(midnight(first, zone), midnight(last + timedelta(days=1), zone))
    days = (last - first).days + 1
    shift = timedelta(days=-(-days // _WEEK) * _WEEK)
    if comparison is Comparison.YEAR:
        shift = max(shift, timedelta(days=_WEEKS_A_YEAR * _WEEK))
    if comparison is Comparison.NONE:
        return Windows(stretch, None, first, last, shift)
    passed_through = min(midnight(last + timedelta(days=1), zone), now)
    previous = Stretch(
        same_time_before(midnight(first, zone), shift, zone=zone),
        same_time_before(passed_through, shift, zone=zone),
    )
    return Windows(stretch, previous, first, last, shift)


def _check_year(day: date) -> None:
    if day.year not in _YEARS:
        raise ValueError(f"{day.year} is not a year of sales")


def _moment(bound: Bound | None, zone: tzinfo) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return midnight(bound, zone)
