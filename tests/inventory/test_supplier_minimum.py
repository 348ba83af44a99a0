"""Orders brought up to a supplier's minimum value, or told to wait."""

from dataclasses import replace

import pytest

from inventory.reorder.supplier_minimum import (
    GroupLine,
    WaitingGroup,
    days_worth_waiting,
    meet_minimum,
)

# 2 a day, 10 to order on top of 10: cover 10 days; a pack of 5 costs 10.
LINE = GroupLine(
    quantity=10,
    pack=5,
    position=10,
    cap=None,
    unit_cost=2.0,
    margin=1.0,
    stock=10,
    daily_mean=2.0,
    daily_sd=2.0**0.5,
    lead_time_days=5.0,
)


def test_an_order_that_is_large_enough_is_left_alone() -> None:
    outcome = meet_minimum([LINE, LINE], minimum_value=40)

    assert outcome.top_up_units == (0, 0)
    assert (outcome.value, outcome.met) == (40, True)


def test_the_line_with_the_least_cover_gets_the_next_pack() -> None:
    slower = replace(LINE, daily_mean=1.0)

    outcome = meet_minimum([LINE, slower], minimum_value=75)

    # Cover 10 and 20 days. Packs of 5 (2.5 days) to the first until it has as much: after 15
    # units 17.5 and 20. Four packs make 40 + 40.
    assert outcome.top_up_units == (20, 0)
    assert outcome.value == 80


def test_both_lines_share_once_they_last_as_long() -> None:
    outcome = meet_minimum([LINE, LINE], minimum_value=60)

    assert outcome.top_up_units == (5, 5)


def test_nothing_is_bought_beyond_120_days_of_cover() -> None:
    outcome = meet_minimum([LINE], minimum_value=10_000)

    # (10 + 10 + added) / 2 <= 120: 220 added
    assert outcome.top_up_units == (220,)
    assert outcome.value == 460
    assert not outcome.met


def test_what_does_not_sell_is_not_topped_up() -> None:
    outcome = meet_minimum([replace(LINE, daily_mean=0.0)], minimum_value=100)

    assert (outcome.top_up_units, outcome.met) == ((0,), False)


def test_a_cap_is_kept() -> None:
    outcome = meet_minimum([replace(LINE, cap=32)], minimum_value=100)

    assert (outcome.top_up_units, outcome.met) == ((10,), False)


def waiting(line: GroupLine, missing_value: float) -> WaitingGroup:
    """Return an order of one line that misses some value."""
    return WaitingGroup((line,), missing_value)


def test_waiting_ends_when_it_costs_more_than_stock_that_lies() -> None:
    days = days_worth_waiting([waiting(LINE, 40)], holding_rate=0.25)

    # Topping up: v = 4 a day; 0.25 x 40 x (120 + 40/8) / 365 = 3.42. Demand over 5 days is
    # Poisson(10) with 1.25 short of 10; over 6, Poisson(12), 2.58; over 7, 4.22; over 8, 6.06.
    assert days == [3]


def test_each_group_waits_by_its_own_figures() -> None:
    groups = [waiting(LINE, 40), waiting(LINE, 4000), waiting(LINE, 40)]

    little, much, again = days_worth_waiting(groups, holding_rate=0.25)

    assert little == again == 3
    assert much > 30


@pytest.mark.parametrize(
    "line", [replace(LINE, daily_mean=0.0, daily_sd=0.0), replace(LINE, margin=0.0)]
)
def test_waiting_that_costs_nothing_may_last_a_year(line: GroupLine) -> None:
    assert days_worth_waiting([waiting(line, 40)], holding_rate=0.25) == [365]


def test_nobody_waits() -> None:
    assert days_worth_waiting([], holding_rate=0.25) == []
