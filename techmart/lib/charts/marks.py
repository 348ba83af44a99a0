"""Path data and small SVG parts. Coordinates carry one decimal: a plot is 1,000 units wide."""

from collections.abc import Sequence

Point = tuple[float, float]


def number(value: float) -> str:
    """Return a coordinate with at most one decimal: `12.5`, `12`, never `-0`."""
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def line_path(points: Sequence[Point | None]) -> str:
    """Return the path of a line; a missing point lifts the pen. A lone point draws a dot."""
    parts: list[str] = []
    for index, point in enumerate(points):
        if point is None:
            continue
        begins = index == 0 or points[index - 1] is None
        parts.append(f"{'M' if begins else 'L'}{number(point[0])} {number(point[1])}")
        if begins and (index + 1 == len(points) or points[index + 1] is None):
            parts.append("h0")
    return "".join(parts)


def area_path(points: Sequence[Point | None], floor: float) -> str:
    """Return closed shapes between a line and the height `floor`, one for each unbroken run."""
    shapes = [
        f"{line_path(run)}L{number(run[-1][0])} {number(floor)}"
        f"L{number(run[0][0])} {number(floor)}Z"
        for run in runs(points)
        if len(run) > 1
    ]
    return "".join(shapes)


def band_path(lower: Sequence[Point | None], upper: Sequence[Point | None]) -> str:
    """Return the closed shape between two lines that are known at the same points."""
    shapes = [
        f"{line_path([*top, *reversed(bottom)])}Z"
        for bottom, top in zip(runs(lower), runs(upper), strict=True)
        if len(top) > 1
    ]
    return "".join(shapes)


def runs(points: Sequence[Point | None]) -> list[list[Point]]:
    """Split a line at its missing points."""
    found: list[list[Point]] = [[]]
    for point in points:
        if point is not None:
            found[-1].append(point)
        elif found[-1]:
            found.append([])
    return [run for run in found if run]
