"""The job queues, seen from outside: what waits in them, and whether work in them gets done."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, cast

from celery import signals
from django.conf import settings
from redis import Redis
from redis.exceptions import RedisError

from alerts.models import JobHeartbeat

TIMEOUT_SECONDS = 1.0
# A header of ours: Celery's own do not say when a job was sent.
SENT_AT_HEADER = "sent_at"

# How old a queue's last completed heartbeat, and its oldest waiting job, may be. Heartbeats of
# the heavy queues wait behind a job that may take 14 minutes (CELERY_TASK_TIME_LIMIT).
LIGHT_LIMIT_SECONDS = 120
HEAVY_LIMIT_SECONDS = 1800


class QueueServerAway(Exception):
    """The queue server does not answer; nothing can be said about what waits there."""


@dataclass(frozen=True, slots=True)
class QueueState:
    """One queue. Ages are in seconds.

    depth: jobs that wait, without those a worker has taken. oldest_seconds: age of the one that
    waits longest, None when none does or it does not say. sent_at, completed_at: of the last
    heartbeat that was done, None before the first.
    """

    queue: str
    depth: int
    oldest_seconds: float | None
    sent_at: datetime | None
    completed_at: datetime | None
    limit_seconds: int

    def heartbeat_age(self, now: datetime) -> float | None:
        """Seconds since the last heartbeat was done."""
        return None if self.completed_at is None else (now - self.completed_at).total_seconds()

    def is_late(self, now: datetime) -> bool:
        """Say whether jobs wait here and are not done in time."""
        age = self.heartbeat_age(now)
        waits_long = self.oldest_seconds is not None and self.oldest_seconds > self.limit_seconds
        return waits_long or (self.depth > 0 and age is not None and age > self.limit_seconds)


@dataclass(frozen=True, slots=True)
class QueueServer:
    """How the queue server treats what it is given.

    evicted_keys: jobs, or other keys, thrown away for lack of memory since it started.
    """

    evicted_keys: int
    policy: str

    @property
    def may_evict(self) -> bool:
        """Whether it would throw something away when its memory is full."""
        return self.policy != "noeviction"


@signals.before_task_publish.connect(dispatch_uid="alerts.stamp_sent_at")
def stamp_sent_at(headers: dict[str, Any] | None = None, **_kwargs: Any) -> None:
    """Say in every job when it was sent, so that its age can be read while it waits."""
    if headers is not None:
        headers[SENT_AT_HEADER] = time.time()


def record_heartbeat(*, queue: str, sent_at: float | None, now: datetime) -> None:
    """Keep that a heartbeat was done. sent_at: as in the job's header, in Unix seconds."""
    sent = datetime.fromtimestamp(sent_at, UTC) if sent_at is not None else now
    JobHeartbeat.objects.bulk_create(
        [JobHeartbeat(queue=queue, sent_at=sent, completed_at=now)],
        update_conflicts=True,
        unique_fields=["queue"],
        update_fields=["sent_at", "completed_at"],
    )


def queue_states(*, now: datetime) -> list[QueueState]:
    """Return the state of every queue. Raises QueueServerAway."""
    limits = queue_limits()
    with _connection() as redis:
        waiting = {queue: _waiting(redis, queue) for queue in limits}
    heartbeats = JobHeartbeat.objects.in_bulk()
    return [
        QueueState(
            queue=queue,
            depth=depth,
            oldest_seconds=None if oldest_at is None else now.timestamp() - oldest_at,
            sent_at=heartbeats[queue].sent_at if queue in heartbeats else None,
            completed_at=heartbeats[queue].completed_at if queue in heartbeats else None,
            limit_seconds=limits[queue],
        )
        for queue, (depth, oldest_at) in waiting.items()
    ]


def queue_limits() -> dict[str, int]:
    """Return every queue with the age in seconds that its work may reach."""
    light = dict.fromkeys(settings.CELERY_TASK_QUEUES_LIGHT, LIGHT_LIMIT_SECONDS)
    return light | dict.fromkeys(settings.CELERY_TASK_QUEUES_HEAVY, HEAVY_LIMIT_SECONDS)


def queue_server() -> QueueServer:
    """Ask the queue server how it treats its keys. Raises QueueServerAway."""
    with _connection() as redis:
        info = redis.info()
    return QueueServer(evicted_keys=int(info["evicted_keys"]), policy=str(info["maxmemory_policy"]))


def _waiting(redis: "Redis", queue: str) -> tuple[int, float | None]:
    """Return how many jobs wait, and when the oldest was sent (Unix seconds)."""
    # Jobs are pushed on the left and taken from the right.
    oldest = cast("bytes | None", redis.lindex(queue, -1))
    return redis.llen(queue), None if oldest is None else _sent_at(oldest)


def _sent_at(message: bytes) -> float | None:
    try:
        return float(json.loads(message)["headers"][SENT_AT_HEADER])
    except (ValueError, KeyError, TypeError):
        # Sent by a program that does not stamp its jobs.
        return None


@contextmanager
def _connection() -> Iterator["Redis"]:
    """Open a connection to the queue server. Raises QueueServerAway for any of its failures."""
    url = settings.BROKER_URL.replace("redis+socket://", "unix://", 1)
    try:
        with Redis.from_url(
            url, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
        ) as redis:
            yield redis
    except (RedisError, OSError) as error:
        raise QueueServerAway(str(error)) from error
