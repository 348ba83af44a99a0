"""Bars in falling order, coloured by class, with the cumulative share on an axis of its own."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from techmart.lib.charts import marks
from techmart.lib.charts.model import Chart, Height, LegendItem, XLabel, readout
from techmart.lib.charts.scales import HEIGHT, WIDTH, nice_ticks, vertical
from techmart.lib.charts.time_line import Format
from techmart.lib.formats import axis_number

ClassFill = Literal["f-c1", "f-c5", "f-neutral"]
# Share of a bar's place that it fills.
_FILLED = 0.72
_SHARES = ("100%", "75%", "50%", "25%", "0%")


@dataclass(frozen=True, slots=True)
class ParetoBar:
    """One bar. name: its ranks. value: 0 or more. cumulative: share up to its end, 0 to 1."""

    name: str
    value: float
    cumulative: float
    css: ClassFill
    class_name: str


def pareto(
    *,
    label: str,
    summary: str,
    bars: Sequence[ParetoBar],
    format_value: Format,
    format_tick: Format = axis_number,
    legend: Sequence[tuple[ClassFill, str]],
    value_name: str,
    height: Height = "h-240",
    note: str = "",
) -> Chart:
    """Draw the bars, given largest first, and the line of their cumulative share.

    The line's axis, on the right, runs from 0 to 100%. Raises ValueError without bars.
    """
    if not bars:
        raise ValueError("a chart needs at least one known value")
    ticks = nice_ticks(0.0, max(bar.value for bar in bars))
    up, place = vertical(ticks), WIDTH / len(bars)
    middles = [place * (index + 0.5) for index in range(len(bars))]
    drawn: list[SafeString] = [
        format_html(
            '<path class="{}" d="M0 {}H{}"/>',
            "base" if tick == 0 else "gridl",
            marks.number(up(tick)),
            WIDTH,
        )
        for tick in ticks
    ]
    for middle, bar in zip(middles, bars, strict=True):
        top = up(bar.value)
        drawn.append(
            format_html(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
                bar.css,
                marks.number(middle - place * _FILLED / 2),
                marks.number(top),
                marks.number(place * _FILLED),
                marks.number(HEIGHT - top),
            )
        )
    line = [(x, HEIGHT * (1 - bar.cumulative)) for x, bar in zip(middles, bars, strict=True)]
    drawn.append(format_html('<path class="s-line k2" d="{}"/>', marks.line_path(line)))
    values = [format_value(bar.value) for bar in bars]
    shares = [f"{bar.cumulative * 100:.1f}%" for bar in bars]
    names = [bar.name for bar in bars]
    return Chart(
        label=label,
        summary=summary,
        plot=format_html(
            '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"'
            ' focusable="false">{}</svg>',
            WIDTH,
            HEIGHT,
            format_html_join("", "{}", ((part,) for part in drawn)),
        ),
        y_labels=tuple(format_tick(tick) for tick in reversed(ticks)),
        x_labels=_labels(names),
        legend=(
            *(LegendItem("box", css, name) for css, name in legend),
            LegendItem("line", "k2", "Cumulative share, 0 to 100%"),
        ),
        readout=readout(names, [(value_name, values), ("Cumulative", shares)], bars=True),
        table_head=("Rank", value_name, "Cumulative", "Class"),
        table_rows=tuple(
            (bar.name, value, share, bar.class_name)
            for bar, value, share in zip(bars, values, shares, strict=True)
        ),
        height=height,
        note=note,
        right_labels=_SHARES,
    )


def _labels(names: Sequence[str]) -> tuple[XLabel, ...]:
    # The outermost labels end with the plot instead of hanging over its edge.
    last = len(names) - 1
    places = sorted({0, last // 2, last})
    width = 100 / len(names)
    return tuple(
        XLabel(
            names[at],
            f"{marks.number((at + 0.5) * width)}%",
            "start" if at == 0 and last else "end" if at == last and last else "middle",
            sparse=at in {0, last},
        )
        for at in places
    )
