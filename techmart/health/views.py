"""Addresses for those who watch: probes, figures, and the operator's page."""

import hmac
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from techmart.core.access import staff_page
from techmart.core.http import AuthenticatedHttpRequest
from techmart.health.metrics import CONTENT_TYPE, exposition
from techmart.health.page import health_context
from techmart.health.probes import probe_all
from techmart.health.watch import watch
from techmart.lib.htmx import render_page


@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """Say that the process answers; ask nobody else."""
    return HttpResponse("ok\n", content_type="text/plain")


@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Say whether pages can be served, and which part does not answer.

    200 "ready"; 200 "degraded" without cache or queue, which pages and sales do without; 503
    "unavailable" without the database or with migrations missing.
    """
    probes = probe_all()
    ready = all(probe.ok for probe in probes if probe.needed)
    if ready:
        watch.look(now=timezone.now())
    status = "unavailable" if not ready else "degraded"
    if all(probe.ok for probe in probes):
        status = "ready"
    body = {
        "status": status,
        "failing": [probe.key for probe in probes if not probe.ok],
        "checks": {
            probe.key: {
                "ok": probe.ok,
                "needed": probe.needed,
                "detail": probe.detail,
                "milliseconds": round(probe.milliseconds, 1),
            }
            for probe in probes
        },
    }
    return JsonResponse(body, status=HTTPStatus.OK if ready else HTTPStatus.SERVICE_UNAVAILABLE)


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Give figures to a scraper with the token of METRICS_TOKEN, or to signed-in staff."""
    if not (_has_metrics_token(request) or _is_staff(request)):
        return HttpResponse(
            "A token or a staff sign-in is needed.\n",
            content_type="text/plain",
            status=HTTPStatus.UNAUTHORIZED,
            headers={"WWW-Authenticate": "Bearer"},
        )
    return HttpResponse(exposition(now=timezone.now()), content_type=CONTENT_TYPE)


@staff_page
def health(request: AuthenticatedHttpRequest) -> HttpResponse:
    """Show what an operator needs to know."""
    return render_page(
        request,
        "techmart/health.html",
        fragment="techmart/_health.html",
        context=lambda: health_context(now=timezone.now(), page_url=request.path),
    )


def _has_metrics_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    return (
        bool(wanted)
        and scheme.lower() == "bearer"
        and hmac.compare_digest(token.strip().encode(), wanted.encode())
    )


def _is_staff(request: HttpRequest) -> bool:
    return request.user.is_authenticated and request.user.is_staff
