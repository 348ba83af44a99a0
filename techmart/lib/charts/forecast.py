"""History, the forecast after it, and the intervals that its quantiles span."""

from collections.abc import Mapping, Sequence
from typing import Literal

from techmart.lib.charts.model import Chart, Height
from techmart.lib.charts.time_line import Band, Format, Series, Values, time_line

# Central intervals and the quantiles that bound them, widest first: it is drawn underneath.
_INTERVALS: tuple[tuple[str, float, float, Literal["band80", "band95"]], ...] = (
    ("95% interval", 0.025, 0.975, "band95"),
    ("80% interval", 0.1, 0.9, "band80"),
)


def forecast(
    *,
    label: str,
    summary: str,
    x: Sequence[str],
    history: Sequence[float | None],
    expected: Sequence[float],
    quantiles: Mapping[float, Sequence[float]],
    format_value: Format,
    height: Height = "h-240",
    note: str = "",
) -> Chart:
    """Draw `history` solid, `expected` dashed after it, and the 80 % and 95 % intervals.

    x: names of all points, history first. history: at least one value, oldest first, None for a
    day not known (sold out). expected: mean of each day ahead. quantiles: level (0 to 1) to
    values a day ahead; an interval is drawn when both its levels are given.
    Raises ValueError when lengths do not fit or an interval's ends are crossed.
    """
    past, ahead = len(history), len(expected)
    if len(x) != past + ahead:
        raise ValueError(f"{len(x)} points for {past} days past and {ahead} ahead")
    # The forecast starts at today's value, so that the lines meet.
    today = history[-1]
    bands = [
        _band(name, quantiles[low], quantiles[high], css, past=past, today=today)
        for name, low, high, css in _INTERVALS
        if low in quantiles and high in quantiles
    ]
    return time_line(
        label=label,
        summary=summary,
        x=x,
        series=[
            Series("Sold", [*history, *[None] * ahead]),
            Series("Forecast", _after(past, today, expected), dashed=True),
        ],
        bands=bands,
        format_value=format_value,
        now=past - 1,
        height=height,
        note=note,
    )


def _after(past: int, today: float | None, values: Sequence[float]) -> Values:
    return [*[None] * (past - 1), today, *values]


def _band(
    name: str,
    lower: Sequence[float],
    upper: Sequence[float],
    css: Literal["band80", "band95"],
    *,
    past: int,
    today: float | None,
) -> Band:
    if any(low > high for low, high in zip(lower, upper, strict=True)):
        raise ValueError(f"the {name} has a lower end above its upper end")
    return Band(name, _after(past, today, lower), _after(past, today, upper), css)
