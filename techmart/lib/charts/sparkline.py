"""The small line beside a number: its course, without axes."""

from collections.abc import Sequence
from decimal import Decimal

from django.utils.html import format_html
from django.utils.safestring import SafeString

from techmart.lib.charts.marks import line_path, number
from techmart.lib.charts.scales import Scale

# Inside a 100 x 24 box, with room for the dot at the end.
_RIGHT, _TOP, _BOTTOM = 98.0, 3.0, 22.0


def sparkline(values: Sequence[Decimal | float], css: str = "") -> SafeString:
    """Draw values, oldest first, between their own lowest and highest; fewer than two are none.

    css: further classes, `is-cell` in table cells. A level series runs through the middle.
    """
    if len(values) < 2:
        return SafeString("")
    numbers = [float(value) for value in values]
    low, high = min(numbers), max(numbers)
    across = Scale(0, len(numbers) - 1, 0, _RIGHT)
    up = Scale(low, high, _BOTTOM, _TOP) if low < high else None
    points = [(across(i), up(v) if up else (_TOP + _BOTTOM) / 2) for i, v in enumerate(numbers)]
    x, y = points[-1]
    return format_html(
        '<svg class="spark {}" viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true"'
        ' focusable="false"><path d="{}"/><path class="end" d="M{} {}h0"/></svg>',
        css,
        line_path(points),
        number(x),
        number(y),
    )
