"""The event stream: one gap-free sequence a topic, read by cursor.

An event is written without a number in the transaction that makes the change. Once committed, the
sequencer numbers what is visible, holding the topic's row: so numbers have no gap, and none
smaller than the head appears later. Whoever reads up to the head has read everything there is.
"""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Max, Q

from alerts.choices import EventKind, Topic
from alerts.models import AlertEvent, EventStream
from techmart.core.models import User

PAGE_SIZE = 200

# How long a cursor stays good. The dashboard's events say only "look again": whoever was away
# looks again anyway.
RETENTION = {
    Topic.ALERTS: timedelta(days=30),
    Topic.TRANSACTIONS: timedelta(days=30),
    Topic.STOCK: timedelta(days=30),
    Topic.DASHBOARD: timedelta(days=2),
}

# Rounds of one call: those who found the topic locked rely on its holder looking once more.
MAX_ROUNDS = 20
# Events numbered in one statement, so that an import's thousands do not hold the row for long.
BATCH = 5000

_ADD_STREAMS = """
INSERT INTO event_streams (topic, head, trimmed_through, epoch, announced_head)
SELECT topic, coalesce((SELECT max(seq) FROM alert_events e WHERE e.topic = missing.topic), 0),
       0, gen_random_uuid(), 0
FROM unnest(%s::text[]) AS missing(topic)
WHERE NOT EXISTS (SELECT FROM event_streams s WHERE s.topic = missing.topic)
ON CONFLICT (topic) DO NOTHING
"""
_LOCK_WAITING = """
SELECT topic FROM event_streams s
WHERE EXISTS (SELECT FROM alert_events e WHERE e.topic = s.topic AND e.seq IS NULL)
ORDER BY topic
FOR UPDATE SKIP LOCKED
"""
# A statement of its own after the lock: its snapshot then has the head that the last holder left.
_NUMBER = """
WITH waiting AS (
    SELECT id, row_number() OVER (ORDER BY id) AS place
    FROM alert_events
    WHERE topic = %(topic)s AND seq IS NULL
    ORDER BY id
    LIMIT %(batch)s
), numbered AS (
    UPDATE alert_events e
    SET seq = s.head + waiting.place
    FROM waiting, event_streams s
    WHERE e.id = waiting.id AND s.topic = %(topic)s
    RETURNING e.seq
)
UPDATE event_streams
SET head = (SELECT max(seq) FROM numbered)
WHERE topic = %(topic)s AND EXISTS (SELECT FROM numbered)
"""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a topic's sequence stands."""

    topic: str
    head: int
    epoch: str


@dataclass(frozen=True, slots=True)
class Event:
    """One entry as its readers get it; `payload` has what the kind adds."""

    seq: int
    kind: str
    severity: str
    title: str
    message: str
    url: str
    subject_kind: str
    subject_id: int | None
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class EventPage:
    """What lies after a cursor.

    cursor: the reader's next `after`. It passes events that are hidden from the reader.
    reset: the reader's cursor cannot be continued; it must fetch what it shows anew and go on
    from `cursor`, which then is the head.
    """

    topic: str
    epoch: str
    head: int
    reset: bool
    cursor: int
    events: tuple[Event, ...]


def number_events() -> None:
    """Number what has been committed, in every topic that has something waiting.

    A topic that another process is numbering is left to it: it looks once more when it is done.
    """
    add_missing_streams()
    for _ in range(MAX_ROUNDS):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(_LOCK_WAITING)
            topics = [topic for (topic,) in cursor.fetchall()]
            for topic in topics:
                cursor.execute(_NUMBER, {"topic": topic, "batch": BATCH})
        if not topics:
            break


def current_heads() -> list[Head]:
    """Return the head of every topic, by the topic's name."""
    rows = list(EventStream.objects.order_by("topic").values_list("topic", "head", "epoch"))
    if len(rows) < len(Topic):
        add_missing_streams()
        rows = list(EventStream.objects.order_by("topic").values_list("topic", "head", "epoch"))
    return [Head(topic, head, str(epoch)) for topic, head, epoch in rows]


@dataclass(frozen=True, slots=True)
class StreamState:
    """How far a topic has got.

    unnumbered: committed events without a number. unsent: numbers that no announcement has told.
    """

    topic: str
    head: int
    epoch: str
    unnumbered: int
    unsent: int


def stream_states() -> list[StreamState]:
    """Return the state of every topic, by its name; for the health page."""
    unnumbered = dict(
        AlertEvent.objects.filter(seq=None)
        .values_list("topic")
        .annotate(count=Count("pk"))
        .order_by()
    )
    return [
        StreamState(
            topic=stream.topic,
            head=stream.head,
            epoch=str(stream.epoch),
            unnumbered=unnumbered.get(stream.topic, 0),
            unsent=stream.head - stream.announced_head,
        )
        for stream in EventStream.objects.order_by("topic")
    ]


def add_missing_streams() -> None:
    """Give every topic its row; one that was lost starts a new epoch at the highest number."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD_STREAMS, [list(Topic.values)])


def events_after(
    *, topic: Topic, after: int | None, epoch: str | None, user: User, limit: int = PAGE_SIZE
) -> EventPage:
    """Return the events of a topic after a cursor, for replay and for polling alike.

    after: the last number the reader has; 0 replays what is kept; None, for a reader without a
    cursor, returns no events and the head as its cursor. epoch: that of the cursor; None takes
    the cursor as it is. limit: 1 to PAGE_SIZE events.
    """
    stream = _stream(topic)
    if after is None:
        after = stream.head
    stale = after < stream.trimmed_through or after > stream.head
    if stale or (epoch is not None and epoch != str(stream.epoch)):
        return EventPage(topic, str(stream.epoch), stream.head, True, stream.head, ())
    size = max(1, min(limit, PAGE_SIZE))
    rows = (
        AlertEvent.objects.visible_to(user)
        .filter(topic=topic, seq__gt=after, seq__lte=stream.head)
        .order_by("seq")[:size]
    )
    events = tuple(_event(row) for row in rows)
    cursor = events[-1].seq if len(events) == size else stream.head
    return EventPage(topic, str(stream.epoch), stream.head, False, cursor, events)


def _stream(topic: Topic) -> EventStream:
    stream = EventStream.objects.filter(topic=topic).first()
    if stream is None:
        add_missing_streams()
        stream = EventStream.objects.get(topic=topic)
    return stream


def _event(row: AlertEvent) -> Event:
    payload = row.payload
    return Event(
        seq=row.seq or 0,
        kind=row.kind,
        severity=payload.get("severity", ""),
        title=payload.get("title", ""),
        message=payload.get("message", ""),
        url=payload.get("path", ""),
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        at=row.at,
        payload=payload,
    )


def trim_events(*, now: datetime) -> int:
    """Let go of events past their retention; return how many rows were removed.

    Cursors that far back get a reset from now on. Rows are removed a run later than that, so
    that no reader who was just told its cursor is good finds them gone. What happened to an
    alert stays as the alert's history; only repeated sightings are dropped from it.
    """
    removed = 0
    for topic, retention in RETENTION.items():
        with transaction.atomic():
            stream = EventStream.objects.select_for_update().filter(topic=topic).first()
            if stream is None:
                continue
            old = AlertEvent.objects.filter(topic=topic, seq__lte=stream.trimmed_through)
            removed += old.filter(Q(alert=None) | Q(kind=EventKind.REPEATED)).delete()[0]
            past = AlertEvent.objects.filter(
                topic=topic, seq__gt=stream.trimmed_through, at__lt=now - retention
            ).aggregate(last=Max("seq"))["last"]
            if past is not None:
                stream.trimmed_through = past
                stream.save(update_fields=["trimmed_through"])
    return removed


@transaction.atomic
def renew_epochs() -> None:
    """Make every cursor invalid, for use after a backup was restored.

    Numbers given since the backup were lost and will be given again to other events.
    """
    for stream in EventStream.objects.select_for_update().order_by("topic"):
        stream.epoch = uuid.uuid4()
        stream.save(update_fields=["epoch"])
