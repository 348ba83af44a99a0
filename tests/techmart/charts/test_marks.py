"""Path data."""

from techmart.lib.charts.marks import area_path, band_path, line_path, number


def test_coordinates_are_short() -> None:
    assert [number(v) for v in (12.0, 12.34, -0.01, 1000.0)] == ["12", "12.3", "0", "1000"]


def test_a_missing_point_lifts_the_pen() -> None:
    points = [(0.0, 10.0), (5.0, 20.0), None, (15.0, 5.0), (20.0, 0.0)]

    assert line_path(points) == "M0 10L5 20M15 5L20 0"


def test_a_lone_point_is_a_dot() -> None:
    assert line_path([None, (5.0, 7.0), None]) == "M5 7h0"


def test_an_area_closes_on_the_floor_for_each_run() -> None:
    points = [(0.0, 10.0), (5.0, 20.0), None, (15.0, 5.0), (20.0, 0.0)]

    assert area_path(points, 240) == "M0 10L5 20L5 240L0 240ZM15 5L20 0L20 240L15 240Z"


def test_a_band_runs_along_the_top_and_back_along_the_bottom() -> None:
    lower = [None, (5.0, 30.0), (10.0, 40.0)]
    upper = [None, (5.0, 10.0), (10.0, 5.0)]

    assert band_path(lower, upper) == "M5 10L10 5L10 40L5 30Z"
