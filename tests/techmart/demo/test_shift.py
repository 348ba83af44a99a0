"""Where the data set's year stands in today's calendar."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from techmart.demo.shift import WEEK, Shift, shift_to, week_starts

ZONE = ZoneInfo("America/New_York")
LAST = datetime(2017, 12, 31, 23, 1, 20)


@pytest.mark.parametrize("days", [0, 1, 3, 6.9])
def test_the_last_week_holds_the_present(days: float) -> None:
    now = datetime(2026, 11, 24, 6, 0, tzinfo=UTC) + timedelta(days=days)

    end = shift_to(now, last=LAST, zone=ZONE).to_shop(LAST)

    assert now <= end < now + WEEK


def test_a_tuesday_evening_stays_one_across_summer_time() -> None:
    # 25 July 2017 is a Tuesday, in summer time; 465 weeks on it is a Tuesday too.
    moment = Shift(weeks=465, zone=ZONE).to_shop(datetime(2017, 7, 25, 17, 40))

    assert moment.weekday() == 1
    assert (moment.hour, moment.minute) == (17, 40)


def test_to_data_is_the_way_back() -> None:
    shift = Shift(weeks=465, zone=ZONE)
    wall = datetime(2017, 3, 14, 9, 26, 53)

    assert shift.to_data(shift.to_shop(wall)) == wall


def test_weeks_start_on_mondays() -> None:
    # 1 January 2017 is a Sunday: its week began on 26 December.
    starts = week_starts(datetime(2017, 1, 1, 6, 53), datetime(2017, 1, 10))

    assert starts == [
        datetime(2016, 12, 26),
        datetime(2017, 1, 2),
        datetime(2017, 1, 9),
    ]
