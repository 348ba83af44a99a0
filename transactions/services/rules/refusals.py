"""Why an act on a rule or a list is refused; nothing was changed."""

from collections.abc import Sequence

from techmart.core.problems import FieldError, Refusal


class UnknownRule(Refusal):
    """There is no such rule, version or list."""

    def __init__(self, what: str) -> None:
        super().__init__(f"There is no {what}.", code="unknown_rule", status=404)


class RuleRefused(Refusal):
    """Fields of a rule or a list that cannot be used as they are."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(errors[0].message, code="rule_refused", status=422, errors=errors)


class ActivationRefused(Refusal):
    """What is missing before a version may become active, one error each."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__(
            " ".join(error.message for error in errors),
            code="activation_refused",
            status=409,
            errors=errors,
        )


class WrongState(Refusal):
    """The rule is not where this act begins."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail, code="wrong_state", status=409)
