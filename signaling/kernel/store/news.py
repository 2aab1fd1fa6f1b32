"""News from relays or other web processes, handed to the rooms that listen for it.

A message only says "look": one that is lost is mended by the next tick, or by a round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgpack
import redis.asyncio
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from signaling.kernel.clock import Clock

log = structlog.get_logger(__name__)

RECONNECT_S = 0.5
POLL_S = 1.0

OnNews = Callable[[Mapping[str, Any]], Awaitable[None]]


class News:
    """One subscription per web process to all channels that its rooms listen to."""

    def __init__(self, redis_client: redis.asyncio.Redis, clock: Clock) -> None:
        self.connected_ms: int | None = None  # since when nothing was missed
        self.ready = asyncio.Event()
        self._redis = redis_client
        self._clock = clock

    async def run(self, channels: Mapping[str, OnNews]) -> None:
        """Listen until cancelled; a lost store is found again."""
        while True:
            try:
                async with self._redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await self._listen(pubsub, channels)
            except (RedisError, OSError) as error:
                log.warning("listening again soon", error=repr(error))
            self.connected_ms = None
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, pubsub: PubSub, channels: Mapping[str, OnNews]) -> None:
        await pubsub.subscribe(*channels)
        self.connected_ms = self._clock()
        self.ready.set()
        while True:
            message = await pubsub.get_message(timeout=POLL_S)
            if message is None:
                continue
            channel = message["channel"].decode()
            try:
                await channels[channel](msgpack.unpackb(message["data"]))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("unreadable message", channel=channel, error=repr(error))
