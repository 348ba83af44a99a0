"""The course of demand and stock, with figures worked by hand."""

from datetime import date

import pytest

from inventory.product_page.course import rolling_forecast, rolling_sum, run_down, stock_by_day

TODAY = date(2026, 3, 10)


def test_a_rolling_sum_needs_all_its_days() -> None:
    daily = [None, 2, 0, 3]

    # the first day is before the first sale
    assert [rolling_sum(daily, end, 2) for end in range(4)] == [None, None, 2.0, 3.0]


def test_a_forecast_goes_from_what_is_known_to_what_is_predicted() -> None:
    course = rolling_forecast(
        [4, 4, 1, 3], means=[2.0] * 5, quantiles={0.1: 4.0, 0.9: 12.0}, days=4
    )

    assert course.history == [None, None, None, 12.0]
    # 1 day ahead: 4 + 1 + 3 + 2; then 1 + 3 + 4; 3 + 6; all four ahead: 8
    assert course.expected == [10.0, 8.0, 9.0, 8.0, 8.0]
    # deviations −4 and +4 of four days: half of them for one day, all for four
    assert course.quantiles[0.9][0] == pytest.approx(12.0)
    assert course.quantiles[0.9][3:] == pytest.approx([12.0, 12.0])
    assert course.quantiles[0.1][3:] == pytest.approx([4.0, 4.0])


def test_a_forecast_is_never_below_what_was_sold_already() -> None:
    course = rolling_forecast([0, 5], means=[0.5, 0.5], quantiles={0.025: 0.0}, days=2)

    # 5 known; 5.5 expected, less 1 · √½ = 4.8 would undo a sale
    assert course.quantiles[0.025] == [5.0, 0.0]


def test_stock_is_walked_back_through_the_ledger() -> None:
    changes = {date(2026, 3, 10): -2, date(2026, 3, 9): 10, date(2026, 3, 6): 99}

    # 20 now; 22 at the end of the 9th; 12 of the 8th and the 7th
    assert stock_by_day(20, changes, today=TODAY, days=3) == [12.0, 12.0, 22.0, 20.0]


def test_stock_runs_down_to_nothing_and_comes_again() -> None:
    assert run_down(5, 2.0, {4: 6}, ahead=5) == [5, 3.0, 1.0, 0.0, 4.0, 2.0]
    assert run_down(1, 1.0, {0: 3}, ahead=1) == [4, 3.0]


def test_a_shop_of_a_few_days_does_not_start_far_below_what_it_sells() -> None:
    course = rolling_forecast([None, None, None, 2], means=[2.0] * 4, quantiles={0.9: 12.0}, days=4)

    # Days before the first sale are not known to be empty.
    assert course.expected == [8.0] * 4
    assert course.quantiles[0.9] == pytest.approx([10.0, 8 + 4 * 0.5**0.5, 8 + 4 * 0.75**0.5, 12])


def test_days_that_bring_more_raise_the_sums_they_are_in() -> None:
    course = rolling_forecast([2, 2], means=[2.0, 2.0, 6.0, 2.0], quantiles={0.9: 6.0}, days=2)

    assert course.expected == [4.0, 4.0, 8.0, 8.0]
    # The first whole window is 2 above its mean of 4; twice the mean, twice that.
    assert course.quantiles[0.9][1:] == [6.0, 12.0, 12.0]
