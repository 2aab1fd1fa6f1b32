"""This process's picture of open calls, kept current by what relays or other processes say."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from redis.exceptions import RedisError

from signaling.calls.observations import events_of
from signaling.calls.record import Call, State
from signaling.calls.state import step
from signaling.calls.store import CALLS_CHANNEL, CallStore
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.problems import ProblemError
from signaling.kernel.room import Room
from signaling.relays.ticks import TICKS_CHANNEL, Tick, TickBoard

log = structlog.get_logger(__name__)

OnChange = Callable[[Call], Awaitable[None]]
OnTick = Callable[[Call, Tick], None]


class CallWatch:
    """Tells those it was given: `on_change` of every new record, in order, `on_tick` of reports.

    `known` are the open calls as last read.
    """

    def __init__(
        self,
        store: CallStore,
        calls: Calls,
        ticks: TickBoard,
        clock: Clock,
        *,
        on_change: tuple[OnChange, ...],
        on_tick: tuple[OnTick, ...],
    ) -> None:
        self.known: dict[str, Call] = {}
        self._store = store
        self._calls = calls
        self._ticks = ticks
        self._clock = clock
        self._on_change = on_change
        self._on_tick = on_tick
        self._observing: dict[str, asyncio.Task[None]] = {}

    async def look(self, call_id: str) -> Call | None:
        """Read a call anew and tell its people here."""
        call = await self._store.get(call_id)
        if call is None or call.over:
            self.known.pop(call_id, None)
        else:
            self.known[call_id] = call
        # A call that is being opened may yet come to nothing: nobody hears of it.
        if call is not None and call.state is not State.OPENING:
            for tell in self._on_change:
                await tell(call)
        return call

    async def _changed(self, message: Mapping[str, Any]) -> None:
        await self.look(str(message["call"]))

    async def _ticked(self, message: Mapping[str, Any]) -> None:
        tick = Tick.parse(message, self._clock())
        self._ticks.put(tick)
        call = self.known.get(tick.call_id) or await self._store.get(tick.call_id)
        if call is None or call.over:
            return  # its relay has not heard of the end yet
        self.known[tick.call_id] = call
        for tell in self._on_tick:
            tell(call, tick)
        now_ms = self._clock()
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
                call = await self._calls.get(call_id)
                for event in events_of(call, tick):
                    call = await self._calls.apply(call_id, event)
            except (RedisError, OSError) as error:
                log.warning("tick not applied", call=call_id, error=repr(error))

    def room(self) -> Room:
        """Its rows."""
        return Room(channels={CALLS_CHANNEL: self._changed, TICKS_CHANNEL: self._ticked})
