"""How numbers, money, times and ages read."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from techmart.lib import formats

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("value", "text"),
    [(9214, "9,214"), (0, "0"), (-3, "−3"), (None, "–"), (0.5, "1"), (float("nan"), "–")],
)
def test_counts_are_whole_with_thousands_separated(value: float | None, text: str) -> None:
    assert formats.count(value) == text


def test_a_float_rounds_as_it_reads() -> None:
    # 2.675 is 2.67499… in binary; a person expects 2.68.
    assert formats.decimal(2.675, places=2) == "2.68"


def test_a_negative_that_rounds_to_zero_has_no_sign() -> None:
    assert formats.decimal(-0.04) == "0.0"


def test_rates_are_shares_shown_in_percent() -> None:
    assert formats.rate(0.031) == "3.1%"
    assert formats.rate(Decimal("0.98"), places=0) == "98%"
    assert formats.rate(None) == "–"


def test_signed_numbers_carry_their_sign_and_zero_none() -> None:
    assert [formats.signed(n) for n in (24, -3, 0)] == ["+24", "−3", "0"]
    assert formats.signed_rate(0.094) == "+9.4%"
    assert formats.points(-0.011) == "−1.1 pt"


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (Decimal("1249.00"), "USD", "$1,249.00"),
        (Decimal("-12.5"), "CHF", "−CHF 12.50"),
        (Decimal("0"), "GBP", "£0.00"),
        (Decimal("1200"), "JPY", "¥1,200"),
        (None, "USD", "–"),
    ],
)
def test_money_in_full(amount: Decimal | None, currency: str, text: str) -> None:
    assert formats.money(amount, currency) == text


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        (9502, "$9,502"),
        (76800, "$76.8k"),
        (1381200, "$1.38M"),
        (138142, "$138k"),
        (999_949, "$1.00M"),  # 999.949k would print as 1000k
        (9_996, "$9,996"),
        (99_960, "$100k"),  # 99.96k has four digits at one decimal
        (-1381200, "−$1.38M"),
        (2_500_000_000, "$2.50B"),
    ],
)
def test_headline_money_has_three_digits(amount: int, text: str) -> None:
    assert formats.money_compact(amount, "USD") == text


def test_tick_labels_are_as_short_as_they_can_be() -> None:
    assert [formats.axis_number(v) for v in (0, 2.5, 20, 1500)] == ["0", "2.5", "20", "1.5k"]
    assert formats.axis_number(-80_000, currency="USD") == "−$80k"


def test_moments_are_told_in_the_shops_zone() -> None:
    at = datetime(2026, 11, 24, 3, 5, 9, tzinfo=UTC)  # still the 23rd in New York

    assert formats.clock(at, NEW_YORK) == "22:05:09"
    assert formats.moment(at, NEW_YORK, seconds=False) == "23 Nov 2026 22:05"


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2026, 11, 24, 19, 31, 22, tzinfo=UTC), "Today 14:31:22"),
        (datetime(2026, 11, 24, 4, 59, 0, tzinfo=UTC), "Yesterday 23:59:00"),
        (datetime(2026, 10, 21, 14, 15, 0, tzinfo=UTC), "21 Oct 10:15"),
        (datetime(2025, 10, 21, 14, 15, 0, tzinfo=UTC), "21 Oct 2025 10:15"),
    ],
)
def test_lists_say_today_and_yesterday(at: datetime, text: str) -> None:
    now = datetime(2026, 11, 24, 19, 32, 10, tzinfo=UTC)

    assert formats.listed(at, NEW_YORK, now=now) == text


def test_a_window_of_whole_days_names_the_last_day_inside() -> None:
    # Midnights of New York: 04:00 UTC in summer time, 05:00 after it ended on 1 November.
    start = datetime(2026, 10, 27, 4, tzinfo=UTC)
    end = datetime(2026, 11, 24, 5, tzinfo=UTC)

    assert formats.window(start, end, NEW_YORK) == "27 Oct to 23 Nov"
    assert formats.window(date(2026, 10, 27), date(2026, 11, 24), NEW_YORK) == "27 Oct to 23 Nov"


def test_a_window_of_one_day_is_that_day() -> None:
    assert formats.window(date(2026, 11, 24), date(2026, 11, 25), NEW_YORK) == "24 Nov"


def test_other_windows_name_both_moments() -> None:
    end = datetime(2026, 11, 24, 19, 32, tzinfo=UTC)

    whole = formats.window(end - timedelta(days=1), end, NEW_YORK)
    part = formats.window(end - timedelta(hours=2), end, NEW_YORK)

    assert whole == "23 Nov 14:32 to 24 Nov 14:32"
    assert part == "24 Nov 12:32 to 14:32"


def test_a_window_over_new_year_names_the_years() -> None:
    text = formats.window(date(2025, 12, 20), date(2026, 1, 17), NEW_YORK)

    assert text == "20 Dec 2025 to 16 Jan 2026"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-2, "0 s ago"),  # a server whose clock is ahead
        (89.9, "89 s ago"),
        (90, "2 min ago"),
        (5399, "90 min ago"),
        (5400, "2 h ago"),
        (129_600, "2 d ago"),
        (None, "–"),
    ],
)
def test_ages_have_one_unit(seconds: float | None, text: str) -> None:
    assert formats.age(seconds) == text
