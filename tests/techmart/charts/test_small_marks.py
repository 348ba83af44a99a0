"""Sparklines, meters, bar lists, thinning."""

from techmart.lib.charts import bar_list, meter, sparkline
from techmart.lib.charts.thinning import kept_points


def test_a_sparkline_spans_its_own_range() -> None:
    # across 98 in two steps, 10 at the bottom (22), 20 at the top (3)
    assert 'd="M0 22L49 3L98 12.5"' in sparkline([10, 20, 15])


def test_a_level_sparkline_runs_through_the_middle() -> None:
    assert 'd="M0 12.5L98 12.5"' in sparkline([5, 5])


def test_one_value_is_no_line() -> None:
    assert sparkline([5]) == ""


def test_a_meter_is_cut_to_its_track() -> None:
    assert 'class="f-bad" width="100%"' in meter(1.7, css="f-bad")
    assert 'width="0%"' in meter(-0.2)


def test_a_mark_outside_the_track_is_left_out() -> None:
    assert 'class="mark" x="60%"' in meter(0.8, mark=0.6)
    assert "mark" not in meter(0.8, mark=1.2)


def test_bars_are_shares_of_the_longest() -> None:
    bars = bar_list(
        "By category", [("Laptops", 400, "$400", ""), ("Audio", 100, "$100", "/a")]
    ).bars

    assert 'width="100%" height="100%" rx="3"/></svg>' in bars[0].svg
    assert 'class="f-c1" width="25%"' in bars[1].svg


def test_bars_of_nothing_are_empty() -> None:
    bars = bar_list("By category", [("Laptops", 0, "$0", ""), ("Audio", -5, "−$5", "")]).bars

    assert all('class="f-c1" width="0%"' in bar.svg for bar in bars)


def test_a_short_series_is_kept_whole() -> None:
    assert kept_points([1.0, 2.0, 3.0]) == (0, 1, 2)


def test_thinning_keeps_ends_peaks_and_troughs() -> None:
    values: list[float | None] = [5.0] * 1000
    values[137], values[771] = 90.0, -40.0

    kept = kept_points(values, most=100)

    assert {0, 137, 771, 999} <= set(kept)
    assert len(kept) <= 100
    assert list(kept) == sorted(kept)


def test_thinning_keeps_gaps() -> None:
    values: list[float | None] = [*[1.0] * 500, *[None] * 500, *[1.0] * 500]

    kept = kept_points(values, most=30)

    assert any(values[i] is None for i in kept)
