"""Where the data set's year stands in today's calendar.

Time moves by whole weeks of local wall time, so that a Tuesday 17:40 stays one, through changes to
and from summer time. The year is laid so that its last week holds the present moment; what lies
after that moment is the future, to be replayed. When the year ends it begins again 52 weeks on, so
that the same calendar week follows.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

WEEK = timedelta(days=7)
YEAR_WEEKS = 52


@dataclass(frozen=True)
class Shift:
    """A whole number of weeks between the data set's time and the shop's."""

    weeks: int
    zone: ZoneInfo

    def to_shop(self, wall: datetime) -> datetime:
        """Return the moment, aware, at which a line of local time `wall` falls in the shop."""
        return (wall + self.weeks * WEEK).replace(tzinfo=self.zone)

    def to_data(self, moment: datetime) -> datetime:
        """Return the data set's local time of an aware moment of the shop."""
        return moment.astimezone(self.zone).replace(tzinfo=None) - self.weeks * WEEK

    def next_year(self) -> "Shift":
        """The same year once more, after this one."""
        return Shift(weeks=self.weeks + YEAR_WEEKS, zone=self.zone)


def shift_to(now: datetime, *, last: datetime, zone: ZoneInfo) -> Shift:
    """Lay the year so that its newest line, of local time `last`, falls 0 to 7 days after `now`."""
    gap = now.astimezone(zone).replace(tzinfo=None) - last
    weeks = -(-gap // WEEK)  # rounded up
    return Shift(weeks=weeks, zone=zone)


def week_starts(first: datetime, until: datetime) -> list[datetime]:
    """Return the Mondays, local midnight, of the weeks from `first` up to before `until`."""
    monday = (first - timedelta(days=first.weekday())).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    starts = []
    while monday < until:
        starts.append(monday)
        monday += WEEK
    return starts
