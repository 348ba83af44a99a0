"""Changes of a row's own fields by a person: allowed fields, version, reason, audit entry."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from techmart.core.audit import record_audit
from techmart.core.models import User
from techmart.core.problems import FieldError, Refusal


class Versioned(Protocol):
    """A model row whose version grows with each correction."""

    pk: Any
    version: int

    def full_clean(self) -> None:
        """Raise ValidationError by field."""

    def save(self, *, update_fields: Iterable[str]) -> None:
        """Write the fields named."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else has set otherwise in the meantime."""

    field: str
    current: Any
    wanted: Any


class StaleVersion(Refusal):
    """The row was changed since it was read; nothing was changed. Carries what differs."""

    def __init__(self, current_version: int, differences: Collection[Difference]) -> None:
        self.current_version = current_version
        self.differences = tuple(differences)
        super().__init__(
            "Somebody changed this since it was read.",
            code="stale_version",
            status=409,
            errors=[
                FieldError(row.field, "stale", f"Now {row.current}; you wrote {row.wanted}.")
                for row in self.differences
            ],
        )


class NotEditable(Refusal):
    """These fields are not changed this way: they are fixed, or another act keeps them."""

    def __init__(self, fields: Collection[str]) -> None:
        self.fields = tuple(sorted(fields))
        super().__init__(
            f"cannot be changed here: {', '.join(self.fields)}",
            code="not_editable",
            errors=[FieldError(name, "fixed", "This is not changed here.") for name in self.fields],
        )


class ReasonMissing(Refusal):
    """A correction must say why."""

    def __init__(self) -> None:
        super().__init__(
            "Say why.",
            code="reason_missing",
            errors=[FieldError("reason", "required", "Say why.")],
        )


class NothingToChange(Refusal):
    """The row is so already."""

    def __init__(self, row: object) -> None:
        super().__init__(f"{row} is so already.", code="nothing_to_change")


def required_reason(reason: str) -> str:
    """Return the reason without blanks around it. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def correct(
    row: Versioned,
    changes: Mapping[str, Any],
    *,
    editable: Collection[str],
    version: int,
    action: str,
    subject_kind: str,
    actor: User | None,
    reason: str,
    now: datetime,
) -> None:
    """Set fields of a locked row, save it with its next version, and keep what was and why.

    Raises ReasonMissing, NotEditable, StaleVersion, NothingToChange, ValidationError (by
    field), changing nothing.
    """
    reason = required_reason(reason)
    if not_allowed := set(changes) - set(editable):
        raise NotEditable(not_allowed)
    before = {field: getattr(row, field) for field in changes}
    if row.version != version:
        raise StaleVersion(
            row.version,
            [
                Difference(field, before[field], wanted)
                for field, wanted in changes.items()
                if before[field] != wanted
            ],
        )
    for field, wanted in changes.items():
        setattr(row, field, wanted)
    row.full_clean()
    # Compared after cleaning: "5" and Decimal("5.00") are the same price.
    after = {field: getattr(row, field) for field in changes}
    changed = [field for field in changes if before[field] != after[field]]
    if not changed:
        raise NothingToChange(row)
    row.version += 1
    row.save(update_fields=[*changed, "version", "updated_at"])
    record_audit(
        action=action,
        subject_kind=subject_kind,
        subject_id=row.pk,
        now=now,
        actor=actor,
        before={field: before[field] for field in changed},
        after={field: after[field] for field in changed},
        reason=reason,
    )
