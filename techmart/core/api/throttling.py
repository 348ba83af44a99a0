"""Rate limits: a user's, a token's own, or a stranger's by address.

Counts are one atomic increment a window in the cache, so that two requests at once cannot both
be the last one allowed. With the cache away every count starts at one: requests pass.
"""

import time
from typing import TYPE_CHECKING, ClassVar, cast

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from techmart.core.models import ApiToken

if TYPE_CHECKING:
    # rest_framework.views imports this module while it is being made.
    from rest_framework.views import APIView

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


def parse_rate(rate: str) -> tuple[int, int]:
    """Return (requests, seconds) of a rate such as "600/min". Raises ValueError."""
    number, _, period = rate.partition("/")
    if not period or period[0] not in _SECONDS or int(number) < 1:
        raise ValueError(f"{rate!r} is no rate; write 600/min, 10/s, 5000/hour or 9/day.")
    return int(number), _SECONDS[period[0]]


def _rates() -> dict[str, str]:
    return cast(dict[str, str], settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"])


class CallerRateThrottle(BaseThrottle):
    """One window for each caller; a token may carry a rate of its own."""

    scope: ClassVar[str] = "caller"

    def __init__(self) -> None:
        self._wait: float | None = None

    def allow_request(self, request: Request, view: "APIView") -> bool:
        """Count the request; say whether it is within the rate."""
        rate, caller = self._rate_and_caller(request)
        limit, seconds = parse_rate(rate)
        now = time.time()
        window = int(now // seconds)
        key = f"throttle:{self.scope}:{caller}:{window}"
        # add, then incr: the window's first request sets the expiry, all are counted.
        cache.add(key, 0, timeout=seconds + 1)
        try:
            count = cache.incr(key)
        except ValueError:
            # The window's key went between the two calls.
            count = 1
        self._wait = None if count <= limit else (window + 1) * seconds - now
        return count <= limit

    def wait(self) -> float | None:
        """Return the seconds until the window ends, for Retry-After."""
        return self._wait

    def _rate_and_caller(self, request: Request) -> tuple[str, str]:
        rates = _rates()
        if isinstance(request.auth, ApiToken):
            return request.auth.rate or rates[self.scope], f"token:{request.auth.pk}"
        if request.user.is_authenticated:
            return rates[self.scope], f"user:{request.user.pk}"
        return rates["anonymous"], f"address:{self.get_ident(request)}"


class TriggerRateThrottle(CallerRateThrottle):
    """For costly work on demand: refreshes and forecasts. A token's own rate does not apply."""

    scope = "trigger"

    def _rate_and_caller(self, request: Request) -> tuple[str, str]:
        return _rates()[self.scope], f"user:{request.user.pk}"
