"""Scores explained on the log-odds axis."""

import pytest

from techmart.lib.charts import ContributionPart, contributions
from techmart.lib.charts.contributions import logistic, logit

PARTS = [
    ContributionPart("Quantity", "as usual", 0.0),
    ContributionPart("Account", "3 years old", -1.0),
    ContributionPart("Amount", "6 times usual", 2.0),
    ContributionPart("Burst", "3 in 11 minutes", 3.0),
]


def test_parts_add_up_to_the_score() -> None:
    drawn = contributions(base_log_odds=-4.0, parts=PARTS)

    # −4 − 1 + 2 + 3 = 0, even odds
    assert drawn.total_log_odds == 0.0
    assert drawn.score == 0.5


def test_each_part_tells_the_score_without_it() -> None:
    drawn = contributions(base_log_odds=-4.0, parts=PARTS)

    # without the burst −3: 1 / (1 + e³) = 0.0474; without the account +1: 0.7311
    without = {row.name: row.score_without for row in drawn.rows}
    assert without["Burst"] == pytest.approx(0.0474, abs=1e-4)
    assert without["Account"] == pytest.approx(0.7311, abs=1e-4)


def test_silent_signals_are_left_out_and_the_heaviest_comes_first() -> None:
    drawn = contributions(base_log_odds=-4.0, parts=PARTS)

    assert [row.name for row in drawn.rows] == ["Burst", "Amount", "Account"]


def test_each_bar_starts_where_the_one_above_ends() -> None:
    drawn = contributions(base_log_odds=-4.0, parts=PARTS)

    # Running totals −4, −1, 1, 0 with 0.4 to spare on both sides: the axis is 5.8 wide.
    # Burst from (−4 + 4.4)/5.8 = 6.9 %, 3/5.8 = 51.7 % wide; Amount from 58.6 %.
    assert 'x="6.9%" width="51.7%"' in drawn.rows[0].svg
    assert 'x="58.6%" width="34.5%"' in drawn.rows[1].svg
    # The account leads back by 17.2 % from 93.1 %.
    assert 'class="f-c1" x="75.9%" width="17.2%"' in drawn.rows[2].svg


def test_the_threshold_is_on_the_axis_even_when_no_bar_reaches_it() -> None:
    drawn = contributions(base_log_odds=-4.0, parts=[], threshold=0.5)

    # axis from −4.4 to 0.4: even odds at 4.4/4.8 = 91.7 %
    assert 'class="limit" x="91.7%"' in drawn.base_svg
    assert [mark.text for mark in drawn.axis] == ["10", "50"]


def test_logistic_holds_at_both_ends_and_is_undone_by_logit() -> None:
    assert logistic(800.0) == 1.0
    assert logistic(-800.0) == 0.0
    assert logit(logistic(1.25)) == pytest.approx(1.25)
