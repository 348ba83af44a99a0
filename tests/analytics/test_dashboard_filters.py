"""The dashboard's address and the windows it stands for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.dashboard.filters import DashboardFilters, parse_filters, windows
from techmart.lib.periods import Period

ZONE = ZoneInfo("America/New_York")
# A Tuesday, 07:00 in New York.
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def parse(**query: str) -> DashboardFilters:
    return parse_filters(query, stores={"S1"}, categories={"Tea"}, zone=ZONE)


def test_defaults_are_left_out_of_the_address() -> None:
    assert parse(period="28d").url("/") == "/"
    assert parse(period="7d", store="S1", cat="Tea").url("/") == "/?period=7d&store=S1&cat=Tea"


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ({"period": "5y"}, (("period", "5y"),)),
        ({"store": "S9"}, (("store", "S9"),)),
        ({"cat": "<b>"}, (("cat", "<b>"),)),
        ({"from": "2026-11-01"}, (("from", "2026-11-01"),)),
        (
            {"from": "2026-11-09", "to": "2026-11-01"},
            (("from", "2026-11-09"), ("to", "2026-11-01")),
        ),
        ({"from": "x", "to": "2026-11-01"}, (("from", "x"), ("to", "2026-11-01"))),
    ],
)
def test_what_cannot_be_used_is_said(
    query: dict[str, str], ignored: tuple[tuple[str, str], ...]
) -> None:
    filters = parse(**query)

    assert filters.ignored == ignored
    assert filters.url("/") == "/"


def test_a_period_ends_with_today_and_is_compared_by_whole_weeks() -> None:
    spans = windows(parse(period="7d"), now=NOW, zone=ZONE)

    # 18 to 24 November, midnight in New York is 05:00 UTC.
    assert (spans.first_day, spans.last_day) == (date(2026, 11, 18), date(2026, 11, 24))
    assert spans.current.start == datetime(2026, 11, 18, 5, tzinfo=UTC)
    assert spans.current.end == datetime(2026, 11, 25, 5, tzinfo=UTC)
    # Only what has passed of today is compared.
    assert spans.previous.start == datetime(2026, 11, 11, 5, tzinfo=UTC)
    assert spans.previous.end == NOW - timedelta(days=7)


@pytest.mark.parametrize(("period", "days"), [("today", 7), ("7d", 7), ("28d", 28), ("90d", 91)])
def test_weekdays_meet_weekdays(period: str, days: int) -> None:
    assert windows(parse(period=period), now=NOW, zone=ZONE).shift == timedelta(days=days)


def test_the_wall_clock_is_kept_over_summer_time() -> None:
    # Summer time ended on 1 November 2026: midnight was 04:00 UTC before it, 05:00 after.
    spans = windows(parse(period="28d"), now=NOW, zone=ZONE)

    assert spans.current.start == datetime(2026, 10, 28, 4, tzinfo=UTC)
    assert spans.previous.start == datetime(2026, 9, 30, 4, tzinfo=UTC)
    assert spans.previous.end == datetime(2026, 10, 27, 11, tzinfo=UTC)


def test_days_of_ones_own_are_both_included() -> None:
    spans = windows(parse(**{"from": "2026-11-01", "to": "2026-11-03"}), now=NOW, zone=ZONE)

    assert spans.current.end == datetime(2026, 11, 4, 5, tzinfo=UTC)
    assert spans.shift == timedelta(days=7)


def test_the_rows_behind_a_number_have_the_same_filters() -> None:
    filters = DashboardFilters(period=Period.MONTH, category="Tea")

    assert filters.drill_down(basis="booked") == "period=28d&basis=booked&cat=Tea"
    assert parse(**{"from": "2026-11-01", "to": "2026-11-03"}).drill_down(basis="completed") == (
        "from=2026-11-01&to=2026-11-03&basis=completed"
    )
