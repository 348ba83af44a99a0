"""Tell open sockets that a topic has moved: `{topic, head, epoch}` and nothing else.

Runs after commits in a thread of the process that committed, and in the sweep. A topic is
announced at most twice a second, all processes together; its last head always is.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from asgiref.sync import async_to_sync
from channels import DEFAULT_CHANNEL_LAYER
from channels.layers import BaseChannelLayer, channel_layers
from django.db import connection
from django.db.models import F
from django.utils import timezone
from redis.exceptions import RedisError

from alerts.models import EventStream
from alerts.stream import Head, number_events
from techmart.lib.background import BackgroundRunner

logger = logging.getLogger(__name__)

# The group of all sockets, and the consumer's method that takes its messages.
GROUP = "live"
MESSAGE_TYPE = "heads.moved"

# One announcement costs about 0.3 ms a socket.
ANNOUNCE_GAP = timedelta(milliseconds=500)
SEND_TIMEOUT_SECONDS = 1.0

# A stamp in the future is that of a machine whose clock is ahead: it must not silence the rest.
_CLAIM = """
UPDATE event_streams
SET announced_at = %(now)s
WHERE announced_head < head
  AND (announced_at IS NULL OR announced_at <= %(before)s OR announced_at > %(now)s)
RETURNING topic, head, epoch::text
"""
_MARK = """
UPDATE event_streams s
SET announced_head = sent.head
FROM unnest(%s::text[], %s::bigint[]) AS sent (topic, head)
WHERE s.topic = sent.topic AND s.announced_head < sent.head
"""


def deliver(*, now: datetime) -> float | None:
    """Number what was committed and announce what is due.

    Returns after how many seconds something is left to announce, None if nothing is. A failed
    announcement is not repeated here; the sweep sends what is left.
    """
    number_events()
    heads = claim_heads(now=now)
    if heads:
        if not announce(heads):
            return None
        _mark_announced(heads)
    left = EventStream.objects.filter(announced_head__lt=F("head")).exists()
    return ANNOUNCE_GAP.total_seconds() if left else None


def claim_heads(*, now: datetime) -> list[Head]:
    """Return the heads that this caller, and no other, may announce now."""
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, {"now": now, "before": now - ANNOUNCE_GAP})
        return [Head(*row) for row in cursor.fetchall()]


def announce(heads: list[Head]) -> bool:
    """Send heads to all sockets, once and for a second at most; say whether they were sent."""
    try:
        async_to_sync(_send)(heads)
    except (RedisError, OSError, TimeoutError) as error:
        logger.warning("could not announce %s topics: %s", len(heads), error)
        return False
    return True


async def _send(heads: list[Head]) -> None:
    layer: BaseChannelLayer = channel_layers[DEFAULT_CHANNEL_LAYER]
    message = {
        "type": MESSAGE_TYPE,
        "heads": [{"topic": h.topic, "head": h.head, "epoch": h.epoch} for h in heads],
    }
    async with asyncio.timeout(SEND_TIMEOUT_SECONDS):
        await layer.group_send(GROUP, message)


def _mark_announced(heads: list[Head]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MARK, [[head.topic for head in heads], [head.head for head in heads]])


def _deliver_now() -> float | None:
    return deliver(now=timezone.now())


# Looking more often than a topic may be announced would number the same events in more rounds.
_runner = BackgroundRunner("announcer", _deliver_now, gap_seconds=ANNOUNCE_GAP.total_seconds())


def wake_announcer() -> None:
    """Have what was committed delivered soon, without waiting for it. Never fails."""
    _runner.wake()
