"""Paired measurement: what is compared runs by turns, so that a busy machine slows both."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure beside its limit.

    ratio: measured over limit, both as times, or both as rates. target: that it should be at
    most, or at least where `at_least`. detail: the two in their own unit.
    """

    name: str
    limit: str
    ratio: float
    target: float
    at_least: bool = False
    detail: str = ""

    @property
    def met(self) -> bool:
        """Whether the target was reached."""
        return self.ratio >= self.target if self.at_least else self.ratio <= self.target

    def line(self) -> str:
        """Return it as printed."""
        sign = "≥" if self.at_least else "≤"
        mark = "met" if self.met else "NOT MET"
        return (
            f"{self.name} / {self.limit}: {self.ratio:.3g} (target {sign} {self.target:.3g}) "
            f"{mark}; {self.detail}"
        )


def seconds_of(call: Callable[[], Any]) -> float:
    """Return how long a call took."""
    began = time.perf_counter()
    call()
    return time.perf_counter() - began


def by_turns(calls: Mapping[str, Callable[[], Any]], *, rounds: int) -> dict[str, float]:
    """Return the median seconds of each call, run by turns; a first round warms up.

    Every other round runs them the other way round: none always follows the same one.
    """
    taken: dict[str, list[float]] = {name: [] for name in calls}
    for turn in range(rounds + 1):
        for name, call in sorted(calls.items(), reverse=bool(turn % 2)):
            seconds = seconds_of(call)
            if turn:
                taken[name].append(seconds)
    return {name: median(values) for name, values in taken.items()}


def milliseconds(seconds: float) -> str:
    """Return a time as printed: in seconds from ten on, where milliseconds have too many digits."""
    return f"{seconds:.3g} s" if seconds >= 10 else f"{seconds * 1000:.4g} ms"
