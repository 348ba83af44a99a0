"""Changes of a row's own fields by a person: allowed fields, version, reason, audit entry."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from inventory.models import Product, Supplier
from techmart.core.audit import record_audit
from techmart.core.models import User


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that somebody else has set otherwise in the meantime."""

    field: str
    current: Any
    wanted: Any


class StaleVersion(Exception):
    """The row was changed since it was read; nothing was changed. Carries what differs."""

    def __init__(self, current_version: int, differences: Collection[Difference]) -> None:
        self.current_version = current_version
        self.differences = tuple(differences)
        super().__init__("Somebody changed this since it was read.")


class NotEditable(Exception):
    """These fields are not changed this way: they are fixed, or another act keeps them."""

    def __init__(self, fields: Collection[str]) -> None:
        self.fields = tuple(sorted(fields))
        super().__init__(f"cannot be changed here: {', '.join(self.fields)}")


class ReasonMissing(Exception):
    """A correction must say why."""

    def __init__(self) -> None:
        super().__init__("Say why.")


class NothingToChange(Exception):
    """The row is so already."""


def required_reason(reason: str) -> str:
    """Return the reason without blanks around it. Raises ReasonMissing."""
    if not reason.strip():
        raise ReasonMissing
    return reason.strip()


def correct(
    row: Product | Supplier,
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
        raise NothingToChange(str(row))
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
