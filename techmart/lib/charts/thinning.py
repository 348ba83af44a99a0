"""Fewer points for a long series, keeping what the eye would see: every peak and trough."""

from collections.abc import Sequence

MOST_POINTS = 400


def kept_points(values: Sequence[float | None], *, most: int = MOST_POINTS) -> tuple[int, ...]:
    """Return which points to draw, in order: all of them up to `most`, then of each bucket the
    lowest and the highest, and always the first and the last point.

    most: at least 4. Missing values are dropped from buckets that have others.
    """
    size = len(values)
    if size <= most:
        return tuple(range(size))
    buckets = (most - 2) // 2
    kept = {0, size - 1}
    for bucket in range(buckets):
        span = range(bucket * size // buckets, (bucket + 1) * size // buckets)
        known = [(value, index) for index in span if (value := values[index]) is not None]
        if known:
            kept.update({min(known)[1], max(known)[1]})
        else:
            kept.add(span.start)
    return tuple(sorted(kept))
