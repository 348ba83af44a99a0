"""The dashboard's address and the windows it stands for."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from analytics.filters import ReportFilters, Scope, parse_filters
from techmart.lib.periods import Comparison, Period, Stretch, Windows

ZONE = ZoneInfo("America/New_York")
# A Tuesday, 07:00 in New York.
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def parse(**query: str) -> ReportFilters:
    return parse_filters(query, stores=lambda: {"S1"}, categories=lambda: {"Tea"}, zone=ZONE)


def windows(**query: str) -> Windows:
    return parse(**query).windows(now=NOW, zone=ZONE)


def before(spans: Windows) -> Stretch:
    assert spans.previous is not None
    return spans.previous


def test_defaults_are_left_out_of_the_address() -> None:
    assert parse(period="28d").url("/") == "/"
    assert parse(period="7d", store="S1", cat="Tea").url("/") == "/?period=7d&store=S1&cat=Tea"


@pytest.mark.parametrize(
    ("query", "ignored"),
    [
        ({"period": "5y"}, (("period", "5y"),)),
        ({"store": "S9"}, (("store", "S9"),)),
        ({"cmp": "ever"}, (("cmp", "ever"),)),
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
    spans = windows(period="7d")

    # 18 to 24 November, midnight in New York is 05:00 UTC.
    assert (spans.first_day, spans.last_day) == (date(2026, 11, 18), date(2026, 11, 24))
    assert spans.current.start == datetime(2026, 11, 18, 5, tzinfo=UTC)
    assert spans.current.end == datetime(2026, 11, 25, 5, tzinfo=UTC)
    # Only what has passed of today is compared.
    assert before(spans).start == datetime(2026, 11, 11, 5, tzinfo=UTC)
    assert before(spans).end == NOW - timedelta(days=7)


@pytest.mark.parametrize(("period", "days"), [("today", 7), ("7d", 7), ("28d", 28), ("90d", 91)])
def test_weekdays_meet_weekdays(period: str, days: int) -> None:
    assert windows(period=period).shift == timedelta(days=days)


def test_the_wall_clock_is_kept_over_summer_time() -> None:
    # Summer time ended on 1 November 2026: midnight was 04:00 UTC before it, 05:00 after.
    spans = windows(period="28d")

    assert spans.current.start == datetime(2026, 10, 28, 4, tzinfo=UTC)
    assert before(spans).start == datetime(2026, 9, 30, 4, tzinfo=UTC)
    assert before(spans).end == datetime(2026, 10, 27, 11, tzinfo=UTC)


def test_days_of_ones_own_are_both_included() -> None:
    spans = windows(**{"from": "2026-11-01", "to": "2026-11-03"})

    assert spans.current.end == datetime(2026, 11, 4, 5, tzinfo=UTC)
    assert spans.shift == timedelta(days=7)


def test_the_rows_behind_a_number_have_the_same_filters() -> None:
    filters = ReportFilters(period=Period.MONTH, scope=Scope(category="Tea"))

    assert filters.sales_url(basis="booked") == "/transactions/?period=28d&basis=booked&cat=Tea"
    assert parse(**{"from": "2026-11-01", "to": "2026-11-03"}).sales_url(basis="completed") == (
        "/transactions/?from=2026-11-01&to=2026-11-03&basis=completed"
    )


@pytest.mark.parametrize("period", ["today", "7d", "90d"])
def test_a_year_ago_is_fifty_two_weeks_back(period: str) -> None:
    spans = windows(period=period, cmp="year")

    assert spans.shift == timedelta(weeks=52)
    assert before(spans).end == NOW - timedelta(weeks=52)


def test_more_than_a_year_is_not_compared_with_itself() -> None:
    spans = windows(**{"from": "2025-01-01", "to": "2026-01-31", "cmp": "year"})

    assert spans.shift >= timedelta(days=spans.days)


def test_nothing_is_compared_where_that_is_asked() -> None:
    assert windows(cmp="none").previous is None
    assert parse(cmp="none").comparison is Comparison.NONE
    assert parse(cmp="none").url("/") == "/?cmp=none"
    assert parse(cmp="previous").url("/") == "/"


def test_stores_and_categories_are_looked_up_only_when_named() -> None:
    def never() -> set[str]:
        raise AssertionError("read without need")

    filters = parse_filters({"period": "7d"}, stores=never, categories=never, zone=ZONE)

    assert filters.period is Period.WEEK
