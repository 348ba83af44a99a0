"""Which of two models is the champion: the better one on the newest fully labelled weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

WEEKS = 4
# The other model has to be better by so much average precision to take over (judgement, 2026-11):
# of two models that are equally good the one in place stays, and there is no going to and fro.
MARGIN = 0.01
# A week with fewer frauds tells nothing.
LEAST_FRAUDS = 10


class Kind(Enum):
    """Kinds of models that are fitted from labels."""

    ADDITIVE = "additive"
    BOOSTED = "boosted"


@dataclass(frozen=True, slots=True)
class LabelledWeek:
    """A week all of whose labels are known, scored by both models before any of them was.

    Average precision of each, 0 to 1.
    """

    frauds: int
    additive: float
    boosted: float


def champion_of(weeks: Sequence[LabelledWeek], *, incumbent: Kind) -> Kind:
    """Return the model to score with. weeks: in time order; the newest four that tell count.

    The one in place is left only for one that is better by the margin in the mean and no worse in
    most of the weeks.
    """
    told = [week for week in weeks if week.frauds >= LEAST_FRAUDS][-WEEKS:]
    if len(told) < WEEKS:
        return incumbent
    gain = np.array([week.boosted - week.additive for week in told])
    if incumbent == Kind.BOOSTED:
        gain = -gain
    other = Kind.ADDITIVE if incumbent == Kind.BOOSTED else Kind.BOOSTED
    better = gain.mean() >= MARGIN and (gain >= 0).sum() > len(told) / 2
    return other if better else incumbent
