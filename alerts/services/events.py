"""Events that are no alerts: something that a page shows has moved."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.announcer import wake_announcer
from alerts.choices import Topic
from alerts.models import AlertEvent


def publish(
    *,
    topic: Topic,
    kind: str,
    payload: Mapping[str, Any],
    audience: str = "",
    subject_kind: str = "",
    subject_id: int | None = None,
    now: datetime,
) -> None:
    """Append an event to a topic in this transaction, and announce it once that has committed.

    kind: what happened, in one word such as "recorded". audience: permission needed to see it;
    empty: everyone. A burst is announced twice a second at most, whatever is published.
    """
    AlertEvent.objects.create(
        topic=topic,
        kind=kind,
        payload=dict(payload),
        audience=audience,
        subject_kind=subject_kind,
        subject_id=subject_id,
        at=now,
    )
    transaction.on_commit(wake_announcer, robust=True)
