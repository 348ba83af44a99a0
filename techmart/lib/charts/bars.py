"""Bars in rows: shares of a whole, of the longest, or of a limit."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from techmart.lib.charts.marks import number

Fill = Literal["f-c1", "f-c2", "f-c5", "f-good", "f-warn", "f-bad", "f-neutral"]


def meter(share: float, *, css: Fill = "f-c1", mark: float | None = None) -> SafeString:
    """Draw a track filled to `share` of its width; both are cut to 0 to 1.

    mark: a line at this share, such as a threshold or a lead time; outside 0 to 1 it is left out.
    """
    line = (
        format_html('<rect class="mark" x="{}%" width="2" height="100%"/>', number(mark * 100))
        if mark is not None and 0 <= mark <= 1
        else ""
    )
    return format_html(
        '<svg aria-hidden="true" focusable="false"><rect class="track" width="100%" height="100%"'
        ' rx="3"/><rect class="{}" width="{}%" height="100%" rx="3"/>{}</svg>',
        css,
        number(min(1.0, max(0.0, share)) * 100),
        line,
    )


@dataclass(frozen=True, slots=True)
class Bar:
    """One row of a bar list."""

    label: str
    value: float
    text: str
    url: str
    svg: SafeString


@dataclass(frozen=True, slots=True)
class BarList:
    """Rows with bars as long as their share of the largest value."""

    label: str
    bars: tuple[Bar, ...]


def bar_list(
    label: str, rows: Sequence[tuple[str, float, str, str]], *, css: Fill = "f-c1"
) -> BarList:
    """Draw rows of (label, value, value as text, url or ""), in the given order.

    Values below 0 have an empty bar; their text still says how much.
    """
    longest = max((value for _, value, _, _ in rows), default=0.0)
    bars = tuple(
        Bar(name, value, text, url, meter(value / longest if longest > 0 else 0.0, css=css))
        for name, value, text, url in rows
    )
    return BarList(label, bars)
