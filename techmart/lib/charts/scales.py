"""Axes: ticks a person would choose, and the way from values to the plot's coordinates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH = 1000
HEIGHT = 240

# Steps between labels of a time axis: days and weeks, or hours of a day.
DAY_STEPS = (1, 2, 3, 4, 7, 14, 28, 56, 91, 182, 364)
HOUR_STEPS = (1, 2, 3, 4, 6, 12, 24, 48, 72, 168, 336, 672)

_NICE = (1.0, 2.0, 2.5, 5.0, 10.0)


def nice_step(span: float, intervals: int) -> float:
    """Return the smallest of 1, 2, 2.5, 5 x 10^k that covers `span` in `intervals` steps.

    span > 0, intervals >= 1.
    """
    raw = span / intervals
    magnitude = 10.0 ** math.floor(math.log10(raw))
    # 1e-9: a span of exactly four steps must not need a fifth because of a float's last bit.
    factor = next(nice for nice in _NICE if raw <= nice * magnitude * (1 + 1e-9))
    return factor * magnitude


def nice_ticks(low: float, high: float, *, intervals: int = 4) -> tuple[float, ...]:
    """Return evenly spaced ticks, lowest first, that enclose [low, high] and always 0.

    At most intervals + 1 ticks when all values have one sign, one more when the axis crosses 0.
    A flat line at 0 gets the ticks 0 and 1.
    """
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        return (0.0, 1.0)
    step = nice_step(high - low, intervals)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return tuple(round(step * k, 10) for k in range(first, last + 1))


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight mapping of [low, high] to [start, end]; start may be larger than end."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def vertical(ticks: Sequence[float], *, height: float = HEIGHT) -> Scale:
    """Return the scale of an axis with these ticks; SVG counts from the top."""
    return Scale(ticks[0], ticks[-1], height, 0)


def horizontal(points: int, *, width: float = WIDTH) -> Scale:
    """Return the scale of evenly spaced points; a single one stands in the middle."""
    return Scale(0, points - 1, 0, width) if points > 1 else Scale(-1, 1, 0, width)


def label_positions(
    points: int, *, steps: Sequence[int] = DAY_STEPS, at_most: int = 7
) -> tuple[int, ...]:
    """Return which points get a label: a regular step that ends at the newest point."""
    last = points - 1
    step = next((s for s in steps if last // s + 1 <= at_most), max(last, 1))
    return tuple(range(last % step, points, step))
