"""A waterfall: how one total becomes another, a bar for each part that begins where the last ended.

Parts that add stand above the level before them and parts that take away below it, so that colour
is not alone in saying which is which. Totals stand on 0.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from techmart.lib.charts import marks
from techmart.lib.charts.model import Chart, Height, LegendItem, XLabel, readout
from techmart.lib.charts.scales import HEIGHT, WIDTH, nice_ticks, vertical
from techmart.lib.charts.time_line import Format
from techmart.lib.formats import axis_number

StepFill = Literal["f-neutral", "f-c1", "f-c2"]
_TOTAL: StepFill = "f-neutral"
_ADDS: StepFill = "f-c1"
_TAKES: StepFill = "f-c2"
# Share of a bar's place that it fills.
_FILLED = 0.64
# Least height of a bar, of 240: a part of nothing is a line on its level.
_LEAST = 1.5


@dataclass(frozen=True, slots=True)
class _Step:
    """One bar from `low` to `high`; `level` is where the next one begins."""

    name: str
    low: float
    high: float
    level: float
    css: StepFill
    text: str
    level_text: str


def waterfall(
    *,
    label: str,
    summary: str,
    start: tuple[str, float],
    parts: Sequence[tuple[str, float]],
    end: str,
    format_value: Format,
    format_part: Format,
    format_tick: Format = axis_number,
    words: tuple[str, str, str],
    height: Height = "h-240",
) -> Chart:
    """Draw the way from a first total to a last one.

    start: name and value of the first. parts: names and signed amounts, in the order drawn. end:
    name of the last, which is the first and all parts. format_part: writes an amount with its
    sign. words: what totals, parts that add and parts that take away are called in the legend.
    """
    steps = _steps(start, parts, end, format_value, format_part)
    ticks = nice_ticks(min(step.low for step in steps), max(step.high for step in steps))
    names = [step.name for step in steps]
    texts = [step.text for step in steps]
    levels = [step.level_text for step in steps]
    return Chart(
        label=label,
        summary=summary,
        plot=_plot(steps, ticks),
        y_labels=tuple(format_tick(tick) for tick in reversed(ticks)),
        x_labels=_labels(names),
        legend=tuple(
            LegendItem("box", css, name)
            for css, name in zip((_TOTAL, _ADDS, _TAKES), words, strict=True)
        ),
        readout=readout(names, [("Amount", texts), ("Level", levels)], bars=True),
        table_head=("Step", "Amount", "Level"),
        table_rows=tuple(zip(names, texts, levels, strict=True)),
        height=height,
    )


def _steps(
    start: tuple[str, float],
    parts: Sequence[tuple[str, float]],
    end: str,
    format_value: Format,
    format_part: Format,
) -> list[_Step]:
    first_name, first = start
    levels = list(accumulate((amount for _, amount in parts), initial=first))
    drawn = [
        _Step(
            name,
            min(before, after),
            max(before, after),
            after,
            _ADDS if amount >= 0 else _TAKES,
            format_part(amount),
            format_value(after),
        )
        for (name, amount), (before, after) in zip(parts, pairwise(levels), strict=True)
    ]

    def total(name: str, value: float) -> _Step:
        text = format_value(value)
        return _Step(name, min(value, 0.0), max(value, 0.0), value, _TOTAL, text, text)

    return [total(first_name, first), *drawn, total(end, levels[-1])]


def _plot(steps: Sequence[_Step], ticks: Sequence[float]) -> SafeString:
    up, place = vertical(ticks), WIDTH / len(steps)
    drawn: list[SafeString] = [
        format_html(
            '<path class="{}" d="M0 {}H{}"/>',
            "base" if tick == 0 else "gridl",
            marks.number(up(tick)),
            WIDTH,
        )
        for tick in ticks
    ]
    half = place * _FILLED / 2
    for at, step in enumerate(steps):
        middle, top = place * (at + 0.5), up(step.high)
        tall = max(up(step.low) - top, _LEAST)
        drawn.append(
            format_html(
                '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
                step.css,
                marks.number(middle - half),
                marks.number(min(top, HEIGHT - tall)),
                marks.number(2 * half),
                marks.number(tall),
            )
        )
        if at + 1 < len(steps):
            # The level carries over to where the next bar begins.
            drawn.append(
                format_html(
                    '<path class="step" d="M{} {}H{}"/>',
                    marks.number(middle + half),
                    marks.number(up(step.level)),
                    marks.number(middle + place - half),
                )
            )
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false">{}</svg>',
        WIDTH,
        HEIGHT,
        format_html_join("", "{}", ((part,) for part in drawn)),
    )


def _labels(names: Sequence[str]) -> tuple[XLabel, ...]:
    """Name each bar under its middle; a phone has room for every second one and keeps the ends."""
    last, width = len(names) - 1, 100 / len(names)
    return tuple(
        XLabel(
            name,
            f"{marks.number((at + 0.5) * width)}%",
            "middle",
            sparse=at in {0, last} or (at % 2 == 0 and at < last - 1),
        )
        for at, name in enumerate(names)
    )
