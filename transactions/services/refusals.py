"""Why an act on a sale is refused; nothing was changed."""

from collections.abc import Sequence

from techmart.core.problems import FieldError, Refusal
from transactions.choices import TransactionStatus


class SaleRefused(Refusal):
    """Lines that cannot be recorded as they are; `errors` names each by row and field."""

    def __init__(self, errors: Sequence[FieldError], *, lines: int) -> None:
        rows = {error.row for error in errors}
        detail = f"{len(rows)} of {lines} lines cannot be recorded." if lines > 1 else ""
        super().__init__(
            detail or "The sale cannot be recorded.",
            code="sale_refused",
            status=422,
            errors=errors,
        )


class ReferenceConflict(Refusal):
    """References that were used before for other sales."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            "This reference was used before for another sale.",
            code="reference_conflict",
            status=409,
            errors=errors,
        )


class UnknownSale(Refusal):
    """There is no such sale."""

    def __init__(self, transaction_id: int) -> None:
        super().__init__(f"There is no sale {transaction_id}.", code="unknown_sale", status=404)


class IllegalTransition(Refusal):
    """A sale cannot go from where it is to where it was sent."""

    def __init__(self, from_status: str, to_status: str) -> None:
        self.from_status = TransactionStatus(from_status)
        self.to_status = TransactionStatus(to_status)
        super().__init__(
            f"A sale that is {self.from_status.label.lower()} cannot become "
            f"{self.to_status.label.lower()}.",
            code="illegal_transition",
            status=409,
        )


class RefundRefused(Refusal):
    """More is to go back than is there, or nothing at all."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(
            message,
            code="refund_refused",
            status=422,
            errors=[FieldError(field, "invalid", message)],
        )


class ReasonMissing(Refusal):
    """The act needs a reason in words."""

    def __init__(self) -> None:
        super().__init__(
            "Say why.",
            code="reason_missing",
            status=422,
            errors=[FieldError("reason", "required", "Say why.")],
        )
