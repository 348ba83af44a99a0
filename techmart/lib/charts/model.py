"""What `components/chart.html` draws."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from django.utils.safestring import SafeString

Height = Literal["h-170", "h-200", "h-240", "h-280"]
Mark = Literal["line", "dash", "box", "ref"]


@dataclass(frozen=True, slots=True)
class LegendItem:
    """One entry of the legend: the mark as drawn, its colour class, its name."""

    mark: Mark
    css: str
    name: str


@dataclass(frozen=True, slots=True)
class XLabel:
    """A label under the plot. at: percent of the plot's width. anchor: SVG text-anchor."""

    text: str
    at: str
    anchor: Literal["start", "middle", "end"]
    sparse: bool  # kept when a phone has room for some of the labels only


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawn chart with its words and its numbers.

    y_labels run from top to bottom, evenly spaced. readout: JSON of what pointer and arrow keys
    read out, `{"x": [...], "s": [{"n": name, "v": [...]}]}`; with `"b": 1` the points are bars,
    which stand in the middle of their places.
    """

    label: str
    summary: str
    plot: SafeString
    y_labels: tuple[str, ...]
    x_labels: tuple[XLabel, ...]
    legend: tuple[LegendItem, ...]
    readout: str
    table_head: tuple[str, ...]
    table_rows: tuple[tuple[str, ...], ...]
    height: Height = "h-240"
    note: str = ""
    # Of a second axis, top to bottom.
    right_labels: tuple[str, ...] = ()


def readout(
    x: Sequence[str], series: Sequence[tuple[str, Sequence[str | None]]], *, bars: bool = False
) -> str:
    """Return the values by point, or by bar, as compact JSON; a missing value is null."""
    data: dict[str, Any] = {"x": list(x), "s": [{"n": n, "v": list(v)} for n, v in series]}
    if bars:
        data["b"] = 1
    return json.dumps(data, separators=(",", ":"), ensure_ascii=False)
