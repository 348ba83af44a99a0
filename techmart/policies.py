"""Content security policies of the parts that are not ours to write.

Pages of TechMart have the strict policy of the settings. Django's admin keeps to it but for the
images of its style sheets; the browsable API and the API viewer carry inline script and style.
"""

from collections.abc import Callable

from csp.constants import SELF, UNSAFE_INLINE
from django.http import HttpRequest, HttpResponse

_THIRD_PARTY: dict[str, dict[str, list[str]]] = {
    "/admin/": {"script-src": [SELF], "style-src": [SELF], "img-src": [SELF, "data:"]},
    "/api/": {
        "script-src": [SELF, UNSAFE_INLINE],
        "style-src": [SELF, UNSAFE_INLINE],
        "img-src": [SELF, "data:"],
    },
}


class PolicyByPathMiddleware:
    """Replaces the policy below the paths of third-party pages; runs inside CSPMiddleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        for prefix, policy in _THIRD_PARTY.items():
            if request.path.startswith(prefix):
                response._csp_replace = policy  # type: ignore[attr-defined]  # as django-csp reads it
        return response
