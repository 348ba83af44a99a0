"""Lines over evenly spaced points: a filled line with a dashed comparison, bands, references."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from techmart.lib.charts import marks
from techmart.lib.charts.model import Chart, Height, LegendItem, XLabel, readout
from techmart.lib.charts.scales import (
    DAY_STEPS,
    HEIGHT,
    WIDTH,
    Scale,
    horizontal,
    label_positions,
    nice_ticks,
    vertical,
)
from techmart.lib.charts.thinning import kept_points
from techmart.lib.formats import axis_number

Stroke = Literal["k1", "k2", "k3", "k4", "k5", "kp"]
Format = Callable[[float], str]
Values = Sequence[float | None]
# Characters of a label that leaves room for all: `22 Nov`, `14:00`.
_SHORT_LABEL = 6


@dataclass(frozen=True, slots=True)
class Series:
    """One line. values: one for each point of x, oldest first, None where unknown.

    filled: an area down to 0. running_last: the newest point is a period that has not ended;
    the way to it is dashed. legend: name in the legend where it differs from that in the readout.
    """

    name: str
    values: Values
    stroke: Stroke = "k1"
    dashed: bool = False
    thin: bool = False
    filled: bool = False
    running_last: bool = False
    legend: str = ""


@dataclass(frozen=True, slots=True)
class Band:
    """An interval around a line: lower and upper end at each point, both None where unknown."""

    name: str
    lower: Values
    upper: Values
    css: Literal["band80", "band95"]


@dataclass(frozen=True, slots=True)
class Reference:
    """A level drawn across the plot, such as a reorder point."""

    name: str
    value: float


def time_line(
    *,
    label: str,
    summary: str,
    x: Sequence[str],
    series: Sequence[Series],
    format_value: Format,
    format_tick: Format = axis_number,
    bands: Sequence[Band] = (),
    references: Sequence[Reference] = (),
    now: int | None = None,
    steps: Sequence[int] = DAY_STEPS,
    height: Height = "h-240",
    note: str = "",
) -> Chart:
    """Draw series over the points of x, each named as the readout says it.

    label: what is shown. summary: one sentence with the finding, for those who cannot see it.
    format_value writes a value in the readout and the table, format_tick (as short as can be by
    default) on the axis, which always includes 0. now: the point with the vertical line. steps:
    allowed distances between labels. More than 400 points are thinned to the peaks and troughs
    of the first series; the table keeps them all. Raises ValueError when a series has another
    length than x, or when nothing is known.
    """
    for name, values in _all_values(series, bands):
        if len(values) != len(x):
            raise ValueError(f"{name} has {len(values)} values for {len(x)} points")
    known = [v for _, values in _all_values(series, bands) for v in values if v is not None]
    if not known:
        raise ValueError("a chart needs at least one known value")
    known += [reference.value for reference in references]
    ticks = nice_ticks(min(known), max(known))
    plot = _Plot(horizontal(len(x)), vertical(ticks), kept_points(series[0].values))
    drawn = [
        *(plot.grid_line(tick) for tick in ticks),
        *(plot.band(band) for band in bands),
        *(part for one in series for part in plot.series(one)),
        *(plot.level(reference) for reference in references),
        *([plot.now(now)] if now is not None else []),
    ]
    columns = [(one.name, _written(one.values, format_value)) for one in series]
    columns += [(band.name, _written_band(band, format_value)) for band in bands]
    return Chart(
        label=label,
        summary=summary,
        plot=_svg(drawn),
        y_labels=tuple(format_tick(tick) for tick in reversed(ticks)),
        x_labels=_x_labels(x, label_positions(len(x), steps=steps)),
        legend=_legend(series, bands, references),
        readout=readout(x, columns),
        table_head=("Period", *(name for name, _ in columns)),
        table_rows=tuple(
            (x[i], *(values[i] or "" for _, values in columns)) for i in range(len(x))
        ),
        height=height,
        note=note,
    )


@dataclass(frozen=True, slots=True)
class _Plot:
    across: Scale
    up: Scale
    kept: tuple[int, ...]

    def points(self, values: Values) -> list[marks.Point | None]:
        return [
            None if (value := values[i]) is None else (self.across(i), self.up(value))
            for i in self.kept
        ]

    def grid_line(self, tick: float) -> SafeString:
        css = "base" if tick == 0 else "gridl"
        return _path(css, f"M0 {marks.number(self.up(tick))}H{WIDTH}")

    def band(self, band: Band) -> SafeString:
        return _path(band.css, marks.band_path(self.points(band.lower), self.points(band.upper)))

    def series(self, series: Series) -> list[SafeString]:
        points = self.points(series.values)
        parts = []
        if series.filled:
            parts.append(_path("a1", marks.area_path(points, self.up(0))))
        css = f"s-line {series.stroke}{' s-thin' if series.thin else ''}"
        dashed = f"{css} s-dash"
        if series.running_last and len(points) > 1:
            parts.append(_path(css, marks.line_path(points[:-1])))
            parts.append(_path(dashed, marks.line_path(points[-2:])))
        else:
            parts.append(_path(dashed if series.dashed else css, marks.line_path(points)))
        return parts

    def level(self, reference: Reference) -> SafeString:
        return _path("ref", f"M0 {marks.number(self.up(reference.value))}H{WIDTH}")

    def now(self, point: int) -> SafeString:
        return _path("now", f"M{marks.number(self.across(point))} 0V{HEIGHT}")


def _all_values(series: Sequence[Series], bands: Sequence[Band]) -> list[tuple[str, Values]]:
    return [
        *((one.name, one.values) for one in series),
        *((band.name, ends) for band in bands for ends in (band.lower, band.upper)),
    ]


def _path(css: str, d: str) -> SafeString:
    return format_html('<path class="{}" d="{}"/>', css, d)


def _svg(parts: Sequence[SafeString]) -> SafeString:
    return format_html(
        '<svg viewBox="0 0 {} {}" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false">{}</svg>',
        WIDTH,
        HEIGHT,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def _written(values: Values, format_value: Format) -> list[str | None]:
    return [None if value is None else format_value(value) for value in values]


def _written_band(band: Band, format_value: Format) -> list[str | None]:
    return [
        # An interval without width is the point where a forecast starts.
        None
        if low is None or high is None or low == high
        else f"{format_value(low)} to {format_value(high)}"
        for low, high in zip(band.lower, band.upper, strict=True)
    ]


def _x_labels(x: Sequence[str], positions: Sequence[int]) -> tuple[XLabel, ...]:
    across = horizontal(len(x), width=100)
    labels = []
    # Days with their year are so wide that half a page has room for every second only.
    step = 1 if all(len(x[position]) <= _SHORT_LABEL for position in positions) else 2
    for rank, position in enumerate(positions[::-step]):
        at = across(position)
        # The outermost labels end with the plot instead of hanging over its edge.
        anchor: Literal["start", "middle", "end"] = (
            "end" if at > 97 else "start" if at < 3 else "middle"
        )
        labels.append(XLabel(x[position], f"{marks.number(at)}%", anchor, rank % 2 == 0))
    return tuple(reversed(labels))


def _legend(
    series: Sequence[Series], bands: Sequence[Band], references: Sequence[Reference]
) -> tuple[LegendItem, ...]:
    items = [
        LegendItem("dash" if one.dashed else "line", one.stroke, one.legend or one.name)
        for one in series
    ]
    items += [LegendItem("box", band.css, band.name) for band in bands]
    items += [LegendItem("ref", "", reference.name) for reference in references]
    return tuple(items) if len(items) > 1 else ()
