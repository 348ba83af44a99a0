"""What every request passes: a request id, and a plain answer when the database is away."""

import logging
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

    Django calls process_exception of the innermost middleware last; the try block also catches
    what sessions and sign-in raise before the view runs.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, (OperationalError, InterfaceError)):
            return None
        logger.error("database unavailable: %s", error)
        return unavailable(request)


def unavailable(request: HttpRequest) -> HttpResponse:
    """Return the 503 page, or problem details for the API; reads nothing from the database."""
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
