"""Ticks a person would choose."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from techmart.lib.charts.scales import (
    DAY_STEPS,
    HOUR_STEPS,
    horizontal,
    label_positions,
    nice_ticks,
    vertical,
)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 78_000, (0, 20_000, 40_000, 60_000, 80_000)),
        (3, 8, (0, 2, 4, 6, 8)),  # areas start at 0
        (0, 1, (0, 0.25, 0.5, 0.75, 1)),
        (-30, 70, (-50, -25, 0, 25, 50, 75)),
        (-4, 0, (-4, -3, -2, -1, 0)),
        (0, 0, (0, 1)),
    ],
)
def test_ticks_enclose_the_values(low: float, high: float, ticks: tuple[float, ...]) -> None:
    assert nice_ticks(low, high) == ticks


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_are_few_even_and_include_zero(a: float, b: float) -> None:
    low, high = sorted((round(a, 3), round(b, 3)))

    ticks = nice_ticks(low, high)

    step = ticks[1] - ticks[0]
    # A millionth of a step is no more than a pixel of a plot a million pixels high.
    assert ticks[0] <= low + 1e-6 * step
    assert ticks[-1] >= high - 1e-6 * step
    assert 0.0 in ticks
    assert 2 <= len(ticks) <= 6
    assert ticks == pytest.approx([ticks[0] + step * k for k in range(len(ticks))])


def test_values_are_drawn_upwards_from_the_lowest_tick() -> None:
    up = vertical((0.0, 50.0, 100.0), height=240)

    assert [up(0), up(50), up(100)] == [240, 120, 0]


def test_points_fill_the_width_and_a_single_one_stands_in_the_middle() -> None:
    assert [horizontal(5)(i) for i in (0, 2, 4)] == [0, 500, 1000]
    assert horizontal(1)(0) == 500


def test_labels_end_with_the_newest_point() -> None:
    assert label_positions(29) == (0, 7, 14, 21, 28)
    # 90 days: every 14th counted back from the last, 89
    assert label_positions(90) == (5, 19, 33, 47, 61, 75, 89)
    assert label_positions(24, steps=HOUR_STEPS) == (3, 7, 11, 15, 19, 23)


@given(st.integers(1, 5000), st.sampled_from([DAY_STEPS, HOUR_STEPS]))
def test_labels_are_never_more_than_there_is_room_for(points: int, steps: tuple[int, ...]) -> None:
    positions = label_positions(points, steps=steps)

    assert 1 <= len(positions) <= 7
    assert positions[-1] == points - 1
