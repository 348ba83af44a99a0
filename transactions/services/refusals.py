"""Why an act on a sale is refused; nothing was changed."""

from collections.abc import Sequence
from datetime import datetime

from django.utils import timezone

from techmart.core.problems import FieldError, Refusal
from techmart.lib import formats
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


class UnknownCase(Refusal):
    """No line of such an order was ever held, or there is no such order."""

    def __init__(self, order_ref: str) -> None:
        super().__init__(
            f"Order {order_ref} has no case to review.", code="unknown_case", status=404
        )


class CaseClosed(Refusal):
    """Nothing of the case waits for a decision any more."""

    def __init__(self, order_ref: str, what: str) -> None:
        super().__init__(f"Order {order_ref}: {what}", code="case_closed", status=409)


class CaseClaimed(Refusal):
    """Somebody else is looking at the case."""

    def __init__(self, order_ref: str, who: str, since: datetime, until: datetime) -> None:
        self.who, self.since, self.until = who, since, until
        super().__init__(
            f"{who} has had order {order_ref} open since {_clock(since)}; "
            f"it is free at {_clock(until)} or when it is let go.",
            code="case_claimed",
            status=409,
        )


class ReasonDoesNotFit(Refusal):
    """A reason to approve was given for a decline, or the other way round."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message,
            code="reason_does_not_fit",
            status=422,
            errors=[FieldError("reason", "invalid", message)],
        )


class BadSnooze(Refusal):
    """A case cannot rest until a time that is past, or for longer than is allowed."""

    def __init__(self, message: str) -> None:
        super().__init__(
            message, code="bad_snooze", status=422, errors=[FieldError("until", "invalid", message)]
        )


class UnknownBatch(Refusal):
    """There is no such act to undo."""

    def __init__(self) -> None:
        super().__init__("There is no such decision.", code="unknown_decision", status=404)


class NotYours(Refusal):
    """Only who decided may undo it."""

    def __init__(self, who: str) -> None:
        super().__init__(
            f"{who} decided this; only they can undo it.", code="not_yours", status=403
        )


class TooLateToUndo(Refusal):
    """The decision has taken effect, or was undone before."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="too_late_to_undo", status=409)


def _clock(at: datetime) -> str:
    return formats.clock(at, timezone.get_default_timezone())


class UnknownModel(Refusal):
    """There is no such fraud model."""

    def __init__(self, model_id: int) -> None:
        super().__init__(f"There is no fraud model {model_id}.", code="unknown_model", status=404)


class ModelUnusable(Refusal):
    """A fraud model cannot be used."""

    def __init__(self, version: str, problem: str) -> None:
        super().__init__(f"{version} cannot be used: {problem}", code="model_unusable", status=409)


class NoEarlierModel(Refusal):
    """The priors are in place: there is nothing before them."""

    def __init__(self) -> None:
        super().__init__(
            "The priors are in place; no model came before them.",
            code="no_earlier_model",
            status=409,
        )
