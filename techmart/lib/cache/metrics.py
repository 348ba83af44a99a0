"""What the cache did, counted for Prometheus."""

from enum import StrEnum
from functools import cache

from prometheus_client import Counter, Histogram


class Outcome(StrEnum):
    """Where a reader's value came from."""

    HIT = "hit"  # read, current
    EARLY = "early"  # computed before the old one expired
    STALE = "stale"  # read, outdated, while another reader computes
    WAIT = "wait"  # read after waiting for another reader's computation
    MISS = "miss"  # computed and stored
    BYPASS = "bypass"  # computed, the cache server being away


REQUESTS = Counter("techmart_cache_requests", "Values asked of the cache.", ("entry", "outcome"))
COMPUTE_SECONDS = Histogram(
    "techmart_cache_compute_seconds",
    "Time to compute a cached value from its source.",
    ("entry",),
    buckets=(0.001, 0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
FAILURES = Counter("techmart_cache_failures", "Calls the cache server did not answer.")


@cache
def requests(entry_name: str, outcome: Outcome) -> Counter:
    """Return the counter of one entry and outcome; looked up once, a hit pays for each lookup."""
    return REQUESTS.labels(entry_name, outcome.value)


@cache
def compute_seconds(entry_name: str) -> Histogram:
    """Return the histogram of one entry."""
    return COMPUTE_SECONDS.labels(entry_name)
