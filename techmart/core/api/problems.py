"""Errors as problem details (RFC 9457): type, title, status, detail, code, errors[]."""

from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import InterfaceError, OperationalError
from django.http import Http404
from psycopg_pool import PoolTimeout
from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import set_rollback

from techmart.core.problems import FieldError, Refusal

CONTENT_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 5


def problem_response(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """Turn an exception of a view into its answer; None lets the unexpected rise to the log."""
    if isinstance(error, (Http404, ObjectDoesNotExist)):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, DjangoValidationError):
        error = exceptions.ValidationError(detail=error.messages)
    if isinstance(error, Refusal):
        response = problem(
            status_code=error.status, detail=error.detail, code=error.code, errors=error.errors
        )
    elif isinstance(error, exceptions.APIException):
        response = _from_drf(error)
    elif isinstance(error, (OperationalError, InterfaceError, PoolTimeout)):
        response = problem(
            status_code=status.HTTP_503_SERVICE_UNAVAILABLE,
            detail="The database cannot be reached. Try again shortly.",
            code="database_unavailable",
        )
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    else:
        return None
    set_rollback()
    return response


def problem(
    *, status_code: int, detail: str, code: str, errors: Sequence[FieldError] = ()
) -> Response:
    """Build a problem answer."""
    rows = []
    for item in errors:
        row: dict[str, Any] = {"field": item.field, "code": item.code, "message": item.message}
        if item.row is not None:
            row["row"] = item.row
        rows.append(row)
    body = {
        "type": "about:blank",
        "title": HTTPStatus(status_code).phrase,
        "status": status_code,
        "detail": detail,
        "code": code,
        "errors": rows,
    }
    return Response(body, status=status_code, content_type=CONTENT_TYPE)


def _from_drf(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        errors = list(_field_errors(error.detail))
        response = problem(
            status_code=status.HTTP_400_BAD_REQUEST,
            detail="The request has errors; nothing was changed.",
            code="invalid",
            errors=errors,
        )
    else:
        codes = error.get_codes()
        response = problem(
            status_code=error.status_code,
            detail=str(error.detail),
            code=codes if isinstance(codes, str) else "error",
        )
    header = getattr(error, "auth_header", None)
    if header:
        response["WWW-Authenticate"] = header
    wait = getattr(error, "wait", None)
    if wait is not None:
        response["Retry-After"] = str(max(1, round(wait)))
    return response


def _field_errors(detail: Any, path: str = "", row: int | None = None) -> Iterator[FieldError]:
    """Flatten DRF's nested detail; a list of mappings is a list of rows."""
    if isinstance(detail, Mapping):
        for name, value in detail.items():
            if isinstance(name, int):
                # A list's errors come as a mapping of the rows that have some.
                yield from _field_errors(value, path, name if row is None else row)
                continue
            nested = "" if name == "non_field_errors" else str(name)
            yield from _field_errors(value, ".".join(filter(None, (path, nested))), row)
    elif isinstance(detail, (list, tuple)):
        for index, value in enumerate(detail):
            if isinstance(value, (Mapping, list, tuple)):
                yield from _field_errors(value, path, index if row is None else row)
            else:
                yield from _field_errors(value, path, row)
    else:
        code = getattr(detail, "code", None) or "invalid"
        yield FieldError(field=path or "", code=str(code), message=str(detail), row=row)
