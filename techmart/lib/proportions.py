"""How sure a share is that was counted in a sample."""

from dataclasses import dataclass
from math import sqrt

# The 97.5 % quantile of the normal distribution: 95 % between both bounds.
_Z_95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Share:
    """A counted share with its 95 % interval, each 0 to 1; value: None of nothing."""

    value: float | None
    low: float
    high: float


def wilson(successes: int, trials: int) -> Share:
    """Return successes/trials with Wilson's 95 % score interval.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson (1927), JASA 22. Nothing
    counted is anything from 0 to 1. Raises ValueError unless 0 ≤ successes ≤ trials.
    """
    if not 0 <= successes <= trials:
        raise ValueError(f"{successes} of {trials} is no share.")
    if not trials:
        return Share(None, 0.0, 1.0)
    p, z2 = successes / trials, _Z_95**2
    middle = p + z2 / (2 * trials)
    reach = _Z_95 * sqrt(p * (1 - p) / trials + z2 / (4 * trials**2))
    scale = 1 + z2 / trials
    return Share(p, max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale))
