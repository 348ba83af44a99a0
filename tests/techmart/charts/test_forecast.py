"""History, forecast and the intervals of its quantiles."""

import pytest

from techmart.lib import formats
from techmart.lib.charts import Chart, forecast

QUANTILES = {0.025: [2.0, 1.0], 0.1: [4.0, 3.0], 0.9: [12.0, 13.0], 0.975: [15.0, 16.0]}


def draw(**changes: object) -> Chart:
    values = {
        "label": "Demand",
        "summary": "",
        "x": ["d1", "d2", "d3", "d4"],
        "history": [6.0, 8.0],
        "expected": [9.0, 10.0],
        "quantiles": QUANTILES,
        "format_value": formats.count,
        **changes,
    }
    return forecast(**values)  # type: ignore[arg-type]  # one dictionary of all arguments


def test_the_intervals_are_those_of_their_quantiles() -> None:
    chart = draw()

    assert chart.table_head == ("Period", "Sold", "Forecast", "95% interval", "80% interval")
    assert chart.table_rows[2] == ("d3", "", "9", "2 to 15", "4 to 12")
    assert chart.table_rows[3] == ("d4", "", "10", "1 to 16", "3 to 13")


def test_the_forecast_starts_at_the_last_known_value() -> None:
    chart = draw()

    # the interval has no width where it starts, so nothing is told of it
    assert chart.table_rows[1] == ("d2", "8", "8", "", "")
    # today is the second of four points: x = 1000 / 3
    assert '<path class="now" d="M333.3 0V240"/>' in chart.plot


def test_an_unknown_today_leaves_a_gap() -> None:
    chart = draw(history=[6.0, None])

    assert chart.table_rows[1] == ("d2", "", "", "", "")


def test_only_intervals_with_both_ends_are_drawn() -> None:
    chart = draw(quantiles={0.1: [4.0, 3.0], 0.9: [12.0, 13.0], 0.975: [15.0, 16.0]})

    assert "band80" in chart.plot
    assert "band95" not in chart.plot


def test_crossed_quantiles_are_refused() -> None:
    with pytest.raises(ValueError, match="80% interval"):
        draw(quantiles={0.1: [4.0, 14.0], 0.9: [12.0, 13.0]})


def test_names_for_another_number_of_days_are_refused() -> None:
    with pytest.raises(ValueError, match="3 points for 2 days past and 2 ahead"):
        draw(x=["d1", "d2", "d3"])
