"""An hour that sells less than it hardly ever did, twice in a row, raises an alert."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from alerts.choices import LIVE_STATES, AlertKind
from alerts.models import Alert
from analytics import rollups
from analytics.models import RollupState, SalesHourly
from analytics.sales_drop import look_at_hour, report_sales_drops

# A Tuesday, 10:00 in New York.
NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)
ZONE = ZoneInfo("America/New_York")


def write_hours(hour: datetime, amounts: list[str], channel: str = "store") -> None:
    """Write net sales of an hour and of the same clock hour of the weeks before it."""
    for week, amount in enumerate(amounts):
        local = hour.astimezone(ZONE).replace(tzinfo=None) - week * WEEK
        SalesHourly.objects.update_or_create(
            hour=local.replace(tzinfo=ZONE),
            channel=channel,
            defaults={"gross": Decimal(amount), "lines": 1, "orders": 1, "units": 1},
        )


def folded(through: datetime) -> None:
    rollups.fold(now=through)
    RollupState.objects.update(folded_through=through)


def live_keys() -> set[str]:
    alerts = Alert.objects.filter(kind=AlertKind.SALES_DROP, state__in=LIVE_STATES)
    return set(alerts.values_list("dedupe_key", flat=True))


def test_the_same_hour_of_the_shops_clock_is_history_over_a_change_of_time() -> None:
    # Clocks went back on 1 November 2026: 10:00 was at 14:00 UTC before, at 15:00 after.
    net = {datetime(2026, 10, 27, 14, tzinfo=UTC) - n * WEEK: 100.0 for n in range(10)}
    net |= {NOW - n * WEEK: 100.0 for n in range(1, 4)}

    look = look_at_hour(net, NOW, first=min(net), zone=ZONE)

    assert (look.low, look.over) == (100.0, 100.0)
    assert look.is_low
    assert not look.is_over


def test_few_weeks_and_hours_without_sales_say_nothing() -> None:
    few = {NOW - n * WEEK: 100.0 for n in range(1, 8)}
    assert not look_at_hour(few, NOW, first=min(few), zone=ZONE).is_low
    closed = {NOW - 20 * WEEK: 100.0}
    assert not look_at_hour(closed, NOW, first=min(closed), zone=ZONE).is_low


@pytest.mark.django_db
def test_two_low_hours_in_a_row_fire_and_a_usual_one_ends_it() -> None:
    for hour in (NOW - HOUR, NOW - 2 * HOUR):
        write_hours(hour, ["10", *["100"] * 12])
        write_hours(hour, ["100"] * 13, channel="online")
    folded(NOW + timedelta(minutes=1))

    assert report_sales_drops(now=NOW + timedelta(minutes=2)) == ["all", "store"]
    assert live_keys() == {"sales.drop:all", "sales.drop:store"}

    write_hours(NOW, ["100"] * 13)
    write_hours(NOW, ["100"] * 13, channel="online")
    folded(NOW + HOUR)
    assert report_sales_drops(now=NOW + HOUR + timedelta(minutes=2)) == []
    assert live_keys() == set()


@pytest.mark.django_db
def test_one_low_hour_is_no_drop_and_an_hour_not_folded_is_not_judged() -> None:
    write_hours(NOW - HOUR, ["10", *["100"] * 12])
    write_hours(NOW - 2 * HOUR, ["100"] * 13)
    folded(NOW)
    assert report_sales_drops(now=NOW) == []

    write_hours(NOW - 2 * HOUR, ["10", *["100"] * 12])
    folded(NOW - timedelta(minutes=1))
    write_hours(NOW - 3 * HOUR, ["100"] * 13)
    assert report_sales_drops(now=NOW) == []
