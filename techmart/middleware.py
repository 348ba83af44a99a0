"""What every request passes: a request id, and a plain answer when the database is away."""

import logging
import sys
import uuid
from collections.abc import Callable

import structlog
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)

GetResponse = Callable[[HttpRequest], HttpResponse]

REQUEST_ID_HEADER = "X-Request-ID"
RETRY_AFTER_SECONDS = 5
DATABASE_AWAY = (OperationalError, InterfaceError)


class RequestIdMiddleware:
    """Give each request an id, in the log lines, the event rows and the answer."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get(REQUEST_ID_HEADER, "")
        # A caller's own id is taken when it is plain enough to print.
        request_id = given if 8 <= len(given) <= 64 and given.isascii() else uuid.uuid4().hex
        request.META["TECHMART_REQUEST_ID"] = request_id
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
        response[REQUEST_ID_HEADER] = request_id
        return response


class DatabaseUnavailableMiddleware:
    """Answer 503 with Retry-After while the database cannot be reached or its pool is full.

    Sees what views and their templates raise. What another middleware raises, such as a session
    that cannot be saved, ends in `server_error`, which answers alike.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        return unavailable(request, error) if isinstance(error, DATABASE_AWAY) else None


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer for an exception that nobody caught; Django's handler500."""
    error = sys.exc_info()[1]
    if isinstance(error, DATABASE_AWAY):
        return unavailable(request, error)
    reference = str(request.META.get("TECHMART_REQUEST_ID", ""))[:8]
    return HttpResponse(render_to_string("500.html", {"reference": reference}), status=500)


def unavailable(request: HttpRequest, error: Exception) -> HttpResponse:
    """Return the 503 page, or problem details for the API; reads nothing from the database."""
    logger.error("database unavailable: %s", error)
    if request.path.startswith("/api/"):
        response: HttpResponse = HttpResponse(
            '{"type":"about:blank","title":"Service unavailable","status":503,'
            '"detail":"The database cannot be reached. Try again shortly.",'
            '"code":"database_unavailable","errors":[]}',
            content_type="application/problem+json",
            status=503,
        )
    else:
        response = HttpResponse(render_to_string("503.html"), status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
