"""Periods of pages and the stretches of time they stand for, in shop days.

The dashboard and the lists behind its numbers share this, so that both mean the same rows.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from enum import StrEnum

# Years that an address may name; calendars outside them cannot be moved between zones safely.
_YEARS = range(1970, 2200)


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


def format_bound(bound: Bound) -> str:
    """Write a bound as `parse_bound` reads it; moments in UTC."""
    if isinstance(bound, datetime):
        return bound.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return bound.isoformat()


def _check_year(day: date) -> None:
    if day.year not in _YEARS:
        raise ValueError(f"{day.year} is not a year of sales")


def _moment(bound: Bound | None, zone: tzinfo) -> datetime | None:
    if bound is None or isinstance(bound, datetime):
        return bound
    return midnight(bound, zone)
