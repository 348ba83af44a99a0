"""Early refresh of a value that is about to expire, at random, so that readers do not herd."""

import math

BETA = 1.0  # > 1 refreshes earlier, < 1 later; 1 is the paper's optimum for exponential u.
JITTER_SHARE = 0.1  # Judgement, 2025: enough to part values that were stored together.


def early_refresh_due(
    seconds_left: float, *, compute_seconds: float, draw: float, beta: float = BETA
) -> bool:
    """Return whether this reader should refresh a value that has not expired yet.

    seconds_left: time to expiry; <= 0 is due always.
    compute_seconds: how long the last computation took (delta), >= 0.
    draw: uniform over (0, 1], a fresh one for each reader.

    True when -beta * delta * ln(draw) >= seconds_left, hence with probability
    exp(-seconds_left / (beta * delta)): 36.8 % where seconds_left = delta. Source: Vattani,
    Chierichetti and Lowenstein, Optimal Probabilistic Cache Stampede Prevention, VLDB 2015.
    """
    return -beta * compute_seconds * math.log(draw) >= seconds_left


def jittered_ttl(ttl_seconds: float, *, draw: float) -> float:
    """Return a time to live up to a tenth shorter than promised, never longer.

    draw: uniform over [0, 1].
    """
    return ttl_seconds * (1.0 - JITTER_SHARE * draw)
