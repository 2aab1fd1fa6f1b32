"""Listens to what relays and other web processes say, and keeps this process's picture current.

A message only says "look": one that is lost is mended by the next tick, or by the sweeper's round.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import msgpack
import structlog
from redis.asyncio.client import PubSub
from redis.exceptions import RedisError

from signaling import keys
from signaling.call import Call, State
from signaling.call_state import step
from signaling.context import Context
from signaling.errors import ProblemError
from signaling.hub import Hub
from signaling.observations import events_of
from signaling.tick_board import Tick

log = structlog.get_logger(__name__)

RECONNECT_S = 0.5
POLL_S = 1.0


class Listener:
    """One subscription per web process. `known` are the open calls as last read."""

    def __init__(self, ctx: Context, hub: Hub) -> None:
        self.known: dict[str, Call] = {}
        self.connected_ms: int | None = None  # since when nothing was missed
        self.ready = asyncio.Event()
        self._ctx = ctx
        self._hub = hub
        self._observing: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Listen until cancelled; a lost store is found again."""
        while True:
            try:
                async with self._ctx.redis.pubsub(ignore_subscribe_messages=True) as pubsub:
                    await self._listen(pubsub)
            except (RedisError, OSError) as error:
                log.warning("listening again soon", error=repr(error))
            self.connected_ms = None
            await asyncio.sleep(RECONNECT_S)

    async def _listen(self, pubsub: PubSub) -> None:
        await pubsub.subscribe(
            keys.TICKS_CHANNEL, keys.CALLS_CHANNEL, keys.DUTY_CHANNEL, keys.SIGNED_OUT_CHANNEL
        )
        self.connected_ms = self._ctx.clock()
        self.ready.set()
        while True:
            message = await pubsub.get_message(timeout=POLL_S)
            if message is None:
                continue
            try:
                await self._dispatch(message["channel"].decode(), msgpack.unpackb(message["data"]))
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                log.warning("unreadable message", channel=message["channel"], error=repr(error))

    async def _dispatch(self, channel: str, body: Mapping[str, Any]) -> None:
        if channel == keys.TICKS_CHANNEL:
            await self._ticked(Tick.parse(body, self._ctx.clock()))
        elif channel == keys.CALLS_CHANNEL:
            await self.look(str(body["call"]))
        elif channel == keys.DUTY_CHANNEL:
            await self.look_at_duty(str(body["provider"]))
        elif channel == keys.SIGNED_OUT_CHANNEL:
            self._hub.signed_out(str(body["session"]))

    async def look(self, call_id: str) -> Call | None:
        """Read a call anew and tell its people here."""
        call = await self._ctx.store.get(call_id)
        if call is None or call.over:
            self.known.pop(call_id, None)
        else:
            self.known[call_id] = call
        # A call that is being opened may yet come to nothing: nobody hears of it.
        if call is not None and call.state is not State.OPENING:
            self._hub.call_changed(call, self._ctx.ticks.meter(call_id))
            await self.look_at_duty(call.provider_id)
        return call

    async def look_at_duty(self, provider_id: str) -> None:
        """Tell a provider's sockets here whether calls come in."""
        if self._hub.of(provider_id):
            duty = await self._ctx.presence.duty(provider_id, self._ctx.clock())
            self._hub.duty_changed(provider_id, duty)

    async def _ticked(self, tick: Tick) -> None:
        self._ctx.ticks.put(tick)
        call = self.known.get(tick.call_id) or await self._ctx.store.get(tick.call_id)
        if call is None or call.over:
            return  # its relay has not heard of the end yet
        self.known[tick.call_id] = call
        self._hub.ticked(call, tick)
        now_ms = self._ctx.clock()
        # Mostly nothing follows; asking the pure machine first spares the store a read per tick.
        news = any(step(call, event, now_ms)[0] is not call for event in events_of(call, tick))
        if news and call.id not in self._observing:
            task = asyncio.create_task(self._observe(call.id, tick))
            self._observing[call.id] = task
            task.add_done_callback(lambda _: self._observing.pop(call.id, None))

    async def _observe(self, call_id: str, tick: Tick) -> None:
        """Put what a tick says to the record; every web process may do so, one is first."""
        with suppress(ProblemError):
            try:
                call = await self._ctx.calls.get(call_id)
                for event in events_of(call, tick):
                    call = await self._ctx.calls.apply(call_id, event)
            except (RedisError, OSError) as error:
                log.warning("tick not applied", call=call_id, error=repr(error))
