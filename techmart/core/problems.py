"""Refusals of the domain, in a form that page and API can show."""

from collections.abc import Sequence
from dataclasses import dataclass

from django import forms


@dataclass(frozen=True)
class FieldError:
    """What is wrong with one field and what would be right. `row` counts from 0 in a list."""

    field: str
    code: str
    message: str
    row: int | None = None


class Refusal(Exception):
    """An act that was refused and changed nothing; the base of every refusal of the domain.

    code: stable word for programs; status: the HTTP status that fits.
    """

    def __init__(
        self,
        detail: str,
        *,
        code: str = "refused",
        status: int = 422,
        errors: Sequence[FieldError] = (),
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.code = code
        self.status = status
        self.errors = list(errors)


def add_refusal(form: forms.BaseForm, refusal: Refusal) -> None:
    """Put what was refused at its fields; above the form what has none, or none of this form's."""
    for error in refusal.errors:
        form.add_error(error.field if error.field in form.fields else None, error.message)
    if not refusal.errors:
        form.add_error(None, refusal.detail)
