"""Whether a value breaks its rule. Pure: numbers in, a verdict out."""

import enum
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from analytics.metric_rules.choices import Side

# A value must come back this far inside its limit before the alert ends.
HYSTERESIS = 0.10
# Fewer earlier values say nothing about what is usual.
LEAST_HISTORY = 4
# Makes the median absolute deviation of a normal distribution its standard deviation.
MAD_TO_SD = 1.4826


class Verdict(enum.Enum):
    """What a look at a rule says."""

    FIRES = enum.auto()
    HOLDS = enum.auto()
    """Inside, but not by far enough to end an alert that is open."""
    CLEAR = enum.auto()
    UNKNOWN = enum.auto()
    """There was nothing to compare with."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict with what the value was held against: a limit, a past value, a usual value."""

    verdict: Verdict
    reference: float | None


def judge_threshold(value: float, *, limit: float, side: Side) -> Judgement:
    """Hold a value against a fixed limit >= 0; it is clear again when 10 % inside it."""
    return Judgement(_verdict(value, limit=limit, side=side), limit)


def judge_change(value: float, *, before: float | None, limit: float, side: Side) -> Judgement:
    """Hold the relative change from an earlier value against a limit such as 0.2.

    side: ABOVE looks for rises of more than the limit, BELOW for falls. Without an earlier value,
    or from zero, a change has no size.
    """
    if not before:
        return Judgement(Verdict.UNKNOWN, before)
    change = (value - before) / abs(before)
    moved = change if side is Side.ABOVE else -change
    return Judgement(_verdict(moved, limit=limit, side=Side.ABOVE), before)


def judge_anomaly(value: float, *, history: Sequence[float], limit: float, side: Side) -> Judgement:
    """Hold the distance from the median of earlier values against a number of deviations.

    The deviation is 1.4826 x the median absolute deviation, at least a twentieth of the median:
    hours that were all but alike make no alarm of a trifle. Fewer than LEAST_HISTORY earlier
    values, or none but zeros, are nothing to compare with.
    """
    if len(history) < LEAST_HISTORY or not any(history):
        return Judgement(Verdict.UNKNOWN, None)
    usual = statistics.median(history)
    spread = MAD_TO_SD * statistics.median(abs(past - usual) for past in history)
    deviation = max(spread, 0.05 * abs(usual))
    if not deviation:
        return Judgement(Verdict.UNKNOWN, usual)
    distance = (value - usual) / deviation
    moved = distance if side is Side.ABOVE else -distance
    return Judgement(_verdict(moved, limit=limit, side=Side.ABOVE), usual)


def _verdict(value: float, *, limit: float, side: Side) -> Verdict:
    beyond = value > limit if side is Side.ABOVE else value < limit
    if beyond:
        return Verdict.FIRES
    slack = HYSTERESIS * limit
    inner = limit - slack if side is Side.ABOVE else limit + slack
    inside = value <= inner if side is Side.ABOVE else value >= inner
    return Verdict.CLEAR if inside else Verdict.HOLDS
