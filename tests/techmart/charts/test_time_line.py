"""Lines, their words and their table."""

import json

import pytest

from techmart.lib import formats
from techmart.lib.charts import Band, Chart, Reference, Series, time_line

DAYS = ["1 Nov", "2 Nov", "3 Nov", "4 Nov", "5 Nov"]


def draw(*series: Series, **more: object) -> Chart:
    return time_line(
        label="Sales",
        summary="Up.",
        x=DAYS,
        series=series,
        format_value=formats.count,
        **more,  # type: ignore[arg-type]  # keyword passed through
    )


def test_the_line_runs_from_edge_to_edge_at_the_height_of_its_values() -> None:
    chart = draw(Series("Now", [0, 25, 50, 75, 100]))

    # 100 is the top tick: x 0, 250 … 1000, y 240 down to 0
    assert '<path class="s-line k1" d="M0 240L250 180L500 120L750 60L1000 0"/>' in chart.plot
    assert chart.y_labels == ("100", "75", "50", "25", "0")


def test_a_running_day_is_dashed() -> None:
    chart = draw(Series("Now", [0, 25, 50, 75, 100], running_last=True))

    assert 'class="s-line k1" d="M0 240L250 180L500 120L750 60"' in chart.plot
    assert 'class="s-line k1 s-dash" d="M750 60L1000 0"' in chart.plot


def test_an_area_stands_on_zero_when_values_are_negative() -> None:
    chart = draw(Series("Net", [-100, 0, 100, 0, 100], filled=True))

    # ticks −100 to 100: zero is half-way up
    assert 'class="base" d="M0 120H1000"' in chart.plot
    assert 'class="a1"' in chart.plot
    assert "L1000 120L0 120Z" in chart.plot


def test_readout_and_table_tell_the_same_numbers() -> None:
    chart = draw(Series("Now", [1, 2, None, 4, 5]), Series("Before", [5, 4, 3, 2, 1], "kp"))

    assert json.loads(chart.readout) == {
        "x": DAYS,
        "s": [
            {"n": "Now", "v": ["1", "2", None, "4", "5"]},
            {"n": "Before", "v": ["5", "4", "3", "2", "1"]},
        ],
    }
    assert chart.table_head == ("Period", "Now", "Before")
    assert chart.table_rows[2] == ("3 Nov", "", "3")


def test_labels_stand_where_their_points_are() -> None:
    chart = draw(Series("Now", [1, 2, 3, 4, 5]))

    assert [(mark.text, mark.at, mark.anchor) for mark in chart.x_labels] == [
        ("1 Nov", "0%", "start"),
        ("2 Nov", "25%", "middle"),
        ("3 Nov", "50%", "middle"),
        ("4 Nov", "75%", "middle"),
        ("5 Nov", "100%", "end"),
    ]


def test_references_and_bands_are_drawn_and_named() -> None:
    band = Band("80% interval", [0, 10, 20, 30, 40], [20, 30, 40, 50, 60], "band80")

    chart = draw(
        Series("Now", [10, 20, 30, 40, 50]), bands=[band], references=[Reference("Limit", 80)]
    )

    # 80 is the top tick
    assert '<path class="ref" d="M0 0H1000"/>' in chart.plot
    assert [item.name for item in chart.legend] == ["Now", "80% interval", "Limit"]
    assert chart.table_rows[0] == ("1 Nov", "10", "0 to 20")


def test_one_line_needs_no_legend() -> None:
    assert draw(Series("Now", [1, 2, 3, 4, 5])).legend == ()


def test_a_long_series_is_thinned_to_its_peaks_while_the_table_keeps_all() -> None:
    values = [float(i % 10) for i in range(2000)]
    values[1234] = 99.0

    chart = time_line(
        label="Long",
        summary="",
        x=[str(i) for i in range(2000)],
        series=[Series("Now", values)],
        format_value=formats.count,
    )

    assert chart.plot.count("L") <= 400
    # 99 of a top tick of 100: y = 240 × 0.01 = 2.4
    assert " 2.4L" in chart.plot
    assert len(chart.table_rows) == 2000


def test_lengths_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="4 values for 5 points"):
        draw(Series("Now", [1, 2, 3, 4]))


def test_a_chart_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="known value"):
        draw(Series("Now", [None] * 5))
