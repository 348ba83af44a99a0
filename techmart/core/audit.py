"""Audit history: what a person corrected, what it was, and why."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import structlog

from techmart.core.models import AuditEntry, User


def record_audit(
    *,
    action: str,
    subject_kind: str,
    subject_id: int,
    now: datetime,
    actor: User | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
) -> AuditEntry:
    """Write one entry, in the transaction of the change it tells of.

    action: a verb with its subject's app, such as "product.change". The request's id is taken
    from the log context, so that log lines and entry can be put together.
    """
    return AuditEntry.objects.create(
        at=now,
        actor=actor,
        action=action,
        subject_kind=subject_kind,
        subject_id=subject_id,
        before=_plain(before or {}),
        after=_plain(after or {}),
        reason=reason,
        request_id=str(structlog.contextvars.get_contextvars().get("request_id", "")),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values as JSON has them; money and times keep every digit as text."""
    return {
        key: str(value) if isinstance(value, (Decimal, date)) else value
        for key, value in values.items()
    }
