"""Refusals of the domain, in a form that page and API can show."""

from collections.abc import Sequence
from dataclasses import dataclass


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
