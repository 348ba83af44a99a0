"""The live socket: says which topics have moved, and nothing else."""

import asyncio
import logging
import random
from typing import Any

from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncJsonWebsocketConsumer
from django.db import Error as DatabaseError
from redis.exceptions import RedisError

from alerts.announcer import GROUP
from alerts.heads import SharedHeads
from alerts.stream import Head, current_heads

logger = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 15.0
# 4000 to 4999 are an application's own.
CLOSE_TRY_LATER = 1013
CLOSE_SIGNED_OUT = 4401
CLOSE_NOT_FOUND = 4404

_shared = SharedHeads(database_sync_to_async(current_heads))


class LiveConsumer(AsyncJsonWebsocketConsumer):
    """Sends `{topic, head, epoch}`: all topics at first and in each heartbeat, then those moved.

    What happened is fetched over HTTP, so a message that is lost costs a heartbeat's time at most.
    """

    _heart: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Take signed-in people; others are told by a close code that a browser can read."""
        await self.accept()
        user = self.scope["user"]
        if user is None or not user.is_authenticated:
            await self.close(code=CLOSE_SIGNED_OUT)
            return
        try:
            # Joined before the heads are read: nothing can move unnoticed in between.
            await self.channel_layer.group_add(GROUP, self.channel_name)
        except (RedisError, OSError) as error:
            logger.warning("a socket cannot be served: %s", error)
            await self.close(code=CLOSE_TRY_LATER)
            return
        await self._send_all_heads()
        self._heart = asyncio.create_task(self._beat())

    async def disconnect(self, code: int) -> None:
        """Leave the group and stop the heart."""
        if self._heart is None:
            return
        self._heart.cancel()
        try:
            await self.channel_layer.group_discard(GROUP, self.channel_name)
        except (RedisError, OSError) as error:
            # The channel is gone with the socket either way.
            logger.info("could not leave the group: %s", error)

    async def receive(self, *_args: Any, **_kwargs: Any) -> None:
        """Ignore what a client says: there is nothing to say."""

    async def heads_moved(self, message: dict[str, Any]) -> None:
        """Forward an announcement."""
        for head in message["heads"]:
            await self.send_json(head)

    async def _beat(self) -> None:
        # Sockets that connected together must not beat together.
        await asyncio.sleep(random.uniform(0, HEARTBEAT_SECONDS))
        while True:
            await self._send_all_heads()
            await asyncio.sleep(HEARTBEAT_SECONDS)

    async def _send_all_heads(self) -> None:
        try:
            heads = await _shared.current()
        except DatabaseError as error:
            # The page notices the silence and polls; it is told 503 there.
            logger.warning("no heads to send: %s", error)
            return
        for head in heads:
            await self.send_json(_as_json(head))


class UnknownPathConsumer(AsyncJsonWebsocketConsumer):
    """Turns away a socket at any other address, without a traceback in the log."""

    async def connect(self) -> None:
        """Refuse the handshake."""
        await self.close(code=CLOSE_NOT_FOUND)


def _as_json(head: Head) -> dict[str, Any]:
    return {"topic": head.topic, "head": head.head, "epoch": head.epoch}
