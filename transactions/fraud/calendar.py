"""Shop days of moments, by the shop's own clock; a day is `date.toordinal()`."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from transactions.fraud.frame import Ints

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def microseconds(moment: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def moment_of(timestamp_us: int) -> datetime:
    """Return the moment in UTC of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=timestamp_us)


def shop_day(moment: datetime, zone: ZoneInfo) -> int:
    """Return the shop day of a moment."""
    return moment.astimezone(zone).toordinal()


def midnight(day: int, zone: ZoneInfo) -> datetime:
    """Return when a shop day begins, in UTC."""
    return datetime.combine(date.fromordinal(day), time.min, zone).astimezone(UTC)


def shop_days(timestamps_us: Ints, zone: ZoneInfo) -> Ints:
    """Return the shop day of every moment."""
    if not len(timestamps_us):
        return np.zeros(0, np.int64)
    first = shop_day(moment_of(int(timestamps_us.min())), zone)
    last = shop_day(moment_of(int(timestamps_us.max())), zone)
    begins = [microseconds(midnight(day, zone)) for day in range(first, last + 2)]
    return first + np.searchsorted(begins, timestamps_us, "right").astype(np.int64) - 1


# Clocks are set by whole quarters of an hour everywhere.
_QUARTER_US = 900_000_000


def shop_hours(timestamps_us: Ints, zone: ZoneInfo) -> Ints:
    """Return the hour of the shop's day, 0 to 23, of every moment."""
    quarters, back = np.unique(timestamps_us // _QUARTER_US, return_inverse=True)
    hours = [moment_of(q * _QUARTER_US).astimezone(zone).hour for q in quarters.tolist()]
    return np.array(hours, np.int64)[back]
