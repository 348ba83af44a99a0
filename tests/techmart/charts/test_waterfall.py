"""Waterfalls: each bar begins where the last one ended, on an axis that has 0."""

import json
import re

from techmart.lib.charts import Chart, waterfall


def draw(start: float, *parts: tuple[str, float]) -> Chart:
    return waterfall(
        label="Sales",
        summary="It changed.",
        start=("Before", start),
        parts=parts,
        end="Now",
        format_value=lambda value: f"{value:.0f}",
        format_part=lambda value: f"{value:+.0f}",
        words=("Total", "Adds", "Takes"),
    )


def bars(chart: Chart) -> list[tuple[str, float, float]]:
    """Return colour, upper and lower edge of each bar, in units of the axis."""
    high, low = float(chart.y_labels[0]), float(chart.y_labels[-1].replace("−", "-"))
    unit = (high - low) / 240
    found = re.findall(
        r'<rect class="([\w-]+)" x="[^"]+" y="([^"]+)"[^>]*height="([^"]+)"', chart.plot
    )
    return [
        (css, round(high - float(y) * unit, 1), round(high - (float(y) + float(tall)) * unit, 1))
        for css, y, tall in found
    ]


def test_bars_carry_on_from_each_other_and_totals_stand_on_zero() -> None:
    chart = draw(100, ("Volume", 60), ("Price", -40))

    assert bars(chart) == [
        ("f-neutral", 100, 0),
        ("f-c1", 160, 100),
        ("f-c2", 160, 120),
        ("f-neutral", 120, 0),
    ]
    assert chart.table_rows == (
        ("Before", "100", "100"),
        ("Volume", "+60", "160"),
        ("Price", "-40", "120"),
        ("Now", "120", "120"),
    )
    assert len(re.findall('class="step"', chart.plot)) == 3


def test_the_axis_goes_as_low_as_the_level_does() -> None:
    chart = draw(50, ("Refunds", -150), ("New", 20))

    assert bars(chart)[1:] == [("f-c2", 50, -100), ("f-c1", -80, -100), ("f-neutral", 0, -80)]
    assert '<path class="base"' in chart.plot


def test_a_part_of_nothing_is_still_seen() -> None:
    chart = draw(100, ("Mix", 0))

    tall = [float(each) for each in re.findall(r'<rect[^>]*height="([^"]+)"', chart.plot)]
    assert tall[1] == 1.5
    assert min(tall) > 0
    assert bars(draw(0))[0][1] >= 0


def test_each_bar_has_its_name_and_is_read_out_as_one() -> None:
    chart = draw(100, *((f"Part {number}", 1.0) for number in range(6)))

    assert [mark.text for mark in chart.x_labels] == [
        "Before",
        *(f"Part {number}" for number in range(6)),
        "Now",
    ]
    # Room for half of them, the totals among these and no two side by side.
    kept = [at for at, mark in enumerate(chart.x_labels) if mark.sparse]
    assert kept == [0, 2, 4, 7]
    read = json.loads(chart.readout)
    assert read["b"] == 1
    assert read["x"] == [mark.text for mark in chart.x_labels]
    assert read["s"][0]["v"][1] == "+1"
