"""Step curves: how suspicion depends on one quantity, with cuts that labels put there."""

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from transactions.fraud.frame import Flags, Floats, Ints

MOST_STEPS = 24
# A cut has to make the labels at least e^4 times as likely (judgement, 2026-11; tried 2 to 8 on
# the validation weeks of the public card data, flat).
LEAST_GAIN = 4.0
# Added to the frauds and to the genuine lines of a step when its rate is estimated.
_HALF = 0.5


@dataclass(frozen=True, slots=True)
class StepCurve:
    """A height, 0 to 1, for every value: heights[i] from cuts[i − 1] (included) to cuts[i].

    cuts ascend, one fewer than heights. NaN means nothing is known and has height 0.
    """

    cuts: tuple[float, ...]
    heights: tuple[float, ...]

    def __post_init__(self) -> None:
        if len(self.heights) != len(self.cuts) + 1:
            raise ValueError("A step curve has one height more than cuts.")
        if any(later <= earlier for earlier, later in zip(self.cuts, self.cuts[1:], strict=False)):
            raise ValueError("The cuts of a step curve ascend.")

    def __call__(self, values: Floats) -> Floats:
        """Return the height at each value."""
        step = np.searchsorted(np.array(self.cuts), values, "right")
        return np.where(np.isnan(values), 0.0, np.array(self.heights)[step])


def learned_cuts(
    values: Floats, is_fraud: Flags, *, most_steps: int = MOST_STEPS, least_gain: float = LEAST_GAIN
) -> tuple[float, ...]:
    """Return where the fraud rate changes along `values`, ascending.

    values: one a labelled line, NaN for nothing known (left out). A regression tree of one
    variable, grown best split first: each cut is where two Bernoulli rates explain the labels
    best, and is kept while the log-likelihood gains `least_gain` (Breiman et al. 1984, deviance
    splits). Cuts stand at a fraud's value or right after it, for no other place is better.
    """
    known = ~np.isnan(values)
    values, is_fraud = values[known], is_fraud[known]
    frauds_at = np.unique(values[is_fraud])
    if not len(frauds_at):
        return ()
    edges = np.union1d(frauds_at, np.nextafter(frauds_at, np.inf))
    block = np.searchsorted(edges, values, "right")
    lines = np.concatenate([[0], np.cumsum(np.bincount(block, minlength=len(edges) + 1))])
    frauds = np.concatenate(
        [[0], np.cumsum(np.bincount(block[is_fraud], minlength=len(edges) + 1))]
    )
    cuts: list[int] = []
    # The gain of the best split of each leaf, as (−gain, first block, split, end block).
    leaves = [_best_split(lines, frauds, 0, len(edges) + 1)]
    while leaves and len(cuts) < most_steps - 1:
        loss, first, split, end = heapq.heappop(leaves)
        if -loss < least_gain:
            break
        cuts.append(split)
        heapq.heappush(leaves, _best_split(lines, frauds, first, split))
        heapq.heappush(leaves, _best_split(lines, frauds, split, end))
    return tuple(float(edges[split - 1]) for split in sorted(cuts))


def _best_split(lines: Ints, frauds: Ints, first: int, end: int) -> tuple[float, int, int, int]:
    """Return (−gain, first, split, end) of the best cut between blocks first and end."""
    splits = np.arange(first + 1, end)
    if not len(splits):
        return 0.0, first, first, end
    left = _log_likelihood(lines[splits] - lines[first], frauds[splits] - frauds[first])
    right = _log_likelihood(lines[end] - lines[splits], frauds[end] - frauds[splits])
    whole = _log_likelihood(
        np.array([lines[end] - lines[first]]), np.array([frauds[end] - frauds[first]])
    )
    gain = left + right - whole[0]
    best = int(gain.argmax())
    return -float(gain[best]), first, int(splits[best]), end


def _log_likelihood(lines: Ints, frauds: Ints) -> Floats:
    """Return the log-likelihood of labels under their own, slightly smoothed, rate."""
    rate = (frauds + _HALF) / (lines + 2 * _HALF)
    likelihood: Floats = frauds * np.log(rate) + (lines - frauds) * np.log1p(-rate)
    return likelihood


def pooled_ascending(heights: Floats, weights: Floats) -> NDArray[np.int64]:
    """Return, for each step, the group it is pooled into so that heights never fall.

    Pool adjacent violators (Ayer et al. 1955). Groups count from 0.
    """
    sums: list[float] = []
    mass: list[float] = []
    sizes: list[int] = []
    for height, weight in zip(heights.tolist(), weights.tolist(), strict=True):
        sums.append(height * weight)
        mass.append(weight)
        sizes.append(1)
        while len(sums) > 1 and sums[-2] * mass[-1] >= sums[-1] * mass[-2]:
            for column in (sums, mass):
                column[-2] += column[-1]
                column.pop()
            sizes[-2] += sizes[-1]
            sizes.pop()
    return np.repeat(np.arange(len(sizes)), sizes)
