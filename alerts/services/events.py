"""Events that are no alerts: something that a page shows has moved."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from alerts.announcer import wake_announcer
from alerts.choices import Topic
from techmart.lib.prepared import prepared_cursor

# Every sale publishes twice, so without building an instance.
_PUBLISH = """
INSERT INTO alert_events (topic, kind, payload, audience, subject_kind, subject_id, at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
"""


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
    said = json.dumps(dict(payload), cls=DjangoJSONEncoder)
    with prepared_cursor() as cursor:
        cursor.execute(_PUBLISH, [topic.value, kind, said, audience, subject_kind, subject_id, now])
    transaction.on_commit(wake_announcer, robust=True)
