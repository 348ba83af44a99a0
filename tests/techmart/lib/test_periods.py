"""Periods as shop days, and bounds as people and programs write them."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from techmart.lib.periods import (
    Period,
    Stretch,
    format_bound,
    midnight,
    parse_bound,
    stretch_between,
    window_of,
)

NEW_YORK = ZoneInfo("America/New_York")
# 21:30 on 9 March in New York, the day after clocks went forward.
EVENING = datetime(2026, 3, 10, 1, 30, tzinfo=UTC)


def test_today_is_the_shops_day_and_not_utcs() -> None:
    window = window_of(Period.TODAY, now=EVENING, zone=NEW_YORK)

    assert window == Stretch(
        datetime(2026, 3, 9, 4, tzinfo=UTC), datetime(2026, 3, 10, 4, tzinfo=UTC)
    )


def test_seven_days_end_with_today_and_cross_the_change_of_clocks() -> None:
    window = window_of(Period.WEEK, now=EVENING, zone=NEW_YORK)

    # 3 to 9 March; winter time until the 8th, so midnight of the 3rd is 05:00 UTC.
    assert window.start == datetime(2026, 3, 3, 5, tzinfo=UTC)
    assert window.end == datetime(2026, 3, 10, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("period", "days"),
    [(Period.TODAY, 1), (Period.WEEK, 7), (Period.MONTH, 28), (Period.QUARTER, 90)],
)
def test_a_period_has_its_days(period: Period, days: int) -> None:
    assert period.days == days


def test_the_day_that_loses_an_hour_has_23() -> None:
    long = midnight(date(2026, 3, 9), NEW_YORK) - midnight(date(2026, 3, 8), NEW_YORK)

    assert long.total_seconds() == 23 * 3600


def test_days_are_both_included_and_moments_end_before_themselves() -> None:
    days = stretch_between(date(2026, 3, 9), date(2026, 3, 9), zone=NEW_YORK)
    moments = stretch_between(None, EVENING, zone=NEW_YORK)

    assert days == window_of(Period.TODAY, now=EVENING, zone=NEW_YORK)
    assert moments == Stretch(None, EVENING)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("2026-03-09", date(2026, 3, 9)),
        ("2026-03-09T21:30", EVENING),
        ("2026-03-10T01:30:00Z", EVENING),
        ("2026-03-10T01:30:00.000000+00:00", EVENING),
        # quoted carelessly: the plus sign became a blank
        ("2026-03-10T03:30:00 02:00", EVENING),
    ],
)
def test_a_bound_is_a_day_or_a_moment(text: str, bound: date) -> None:
    assert parse_bound(text, zone=NEW_YORK) == bound


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-02-30", "0001-01-01", "9999-12-31T00:00", "2026-03-09T25:00"]
)
def test_other_texts_are_no_bound(text: str) -> None:
    with pytest.raises(ValueError):
        parse_bound(text, zone=NEW_YORK)


@pytest.mark.parametrize("bound", [date(2026, 3, 9), EVENING, EVENING.replace(microsecond=123456)])
def test_a_written_bound_reads_back_as_itself(bound: date) -> None:
    assert parse_bound(format_bound(bound), zone=NEW_YORK) == bound
