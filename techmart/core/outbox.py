"""Side effects that must not be lost: kept with the change that asks for them, done after it.

A message is a row, written in the transaction of the change. Once that has committed, a thread of
the process hands it to the handler of its kind; what fails is tried again by the sweep, later
each time. A row is marked in the transaction in which its handler ran and is locked meanwhile: so
what the handler writes to the database happens once. What it does outside (a job sent to the
broker) happens at least once: a process can end between the two.
"""

import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.db import transaction
from django.utils import timezone

from techmart.core.models import Outbox
from techmart.lib.background import BackgroundRunner

logger = logging.getLogger(__name__)

# Waits of 2, 4, 8 ... seconds between tries, up to a quarter of an hour, with a tenth of jitter.
FIRST_WAIT = timedelta(seconds=2)
LONGEST_WAIT = timedelta(minutes=15)
JITTER = 0.1
# Done messages are kept for a week, to answer what became of one.
KEPT_FOR = timedelta(days=7)
# Messages of one run, so that a long queue does not hold up a process for long.
BATCH = 100

TASK_KIND = "core.task"


@dataclass(frozen=True, slots=True)
class Message:
    """What a handler gets. id: the same in every try, for receivers that tell repeats apart."""

    id: int
    kind: str
    payload: Mapping[str, Any]


Handler = Callable[[Message], None]
_handlers: dict[str, Handler] = {}


class UnknownKind(LookupError):
    """No handler is registered for this kind of message in this process."""


def handles(kind: str) -> Callable[[Handler], Handler]:
    """Register the handler of a kind; it raises when it could not do its work."""

    def register(handler: Handler) -> Handler:
        _handlers[kind] = handler
        return handler

    return register


def add(*, kind: str, payload: Mapping[str, Any], now: datetime) -> Outbox:
    """Ask for a side effect in this transaction; it is done once that has committed.

    payload: what JSON can hold; ids rather than copies of rows.
    """
    message = Outbox.objects.create(
        kind=kind, payload=dict(payload), created_at=now, not_before=now
    )
    transaction.on_commit(_runner.wake, robust=True)
    return message


def add_task(
    task: str, *, kwargs: Mapping[str, Any] | None = None, queue: str, now: datetime
) -> Outbox:
    """Ask for a Celery task by its name; it is sent when the broker takes it, at least once."""
    payload = {"task": task, "kwargs": dict(kwargs or {}), "queue": queue}
    return add(kind=TASK_KIND, payload=payload, now=now)


def deliver_due(*, now: datetime) -> int:
    """Hand over what is due, longest due first; return how many messages were done.

    A message that another process is handing over is left to it. None is tried twice: it is sent
    then, or due later. Served by idx_outbox_due, in whose order it asks.
    """
    done = 0
    for _ in range(BATCH):
        with transaction.atomic():
            message = (
                Outbox.objects.filter(sent_at=None, not_before__lte=now)
                .order_by("not_before", "pk")
                .select_for_update(skip_locked=True)
                .first()
            )
            if message is None:
                break
            done += _hand_over(message, now=now)
    return done


def _hand_over(message: Outbox, *, now: datetime) -> bool:
    message.attempts += 1
    try:
        with transaction.atomic():
            _handler_of(message.kind)(Message(message.pk, message.kind, message.payload))
    except Exception as error:
        # Whatever went wrong, the message is kept and the others get their turn.
        logger.warning("%s failed for the %s. time: %s", message, message.attempts, error)
        message.last_error = f"{type(error).__name__}: {error}"[:500]
        message.not_before = now + _wait(message.attempts)
        message.save(update_fields=["attempts", "last_error", "not_before"])
        return False
    message.sent_at = now
    message.save(update_fields=["attempts", "sent_at"])
    return True


def _handler_of(kind: str) -> Handler:
    try:
        return _handlers[kind]
    except KeyError:
        raise UnknownKind(f"Nothing handles {kind!r}.") from None


def _wait(attempts: int) -> timedelta:
    doubled: timedelta = FIRST_WAIT * 2 ** min(attempts - 1, 16)
    return min(doubled, LONGEST_WAIT) * random.uniform(1 - JITTER, 1 + JITTER)


def purge(*, now: datetime) -> int:
    """Remove messages that were done long enough ago; return how many."""
    return Outbox.objects.filter(sent_at__lt=now - KEPT_FOR).delete()[0]


@handles(TASK_KIND)
def _send_task(message: Message) -> None:
    # No retry of its own: a broker that is away must not hold up the messages behind this one.
    current_app.send_task(
        message.payload["task"],
        kwargs=message.payload["kwargs"],
        queue=message.payload["queue"],
        retry=False,
    )


def _deliver_now() -> float | None:
    return 0.0 if deliver_due(now=timezone.now()) == BATCH else None


_runner = BackgroundRunner("outbox", _deliver_now)
