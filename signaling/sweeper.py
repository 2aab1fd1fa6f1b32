"""The rounds of a web process: deadlines, relays that went silent, work left undone, who is there.

Every web process makes the same rounds. What each finds is put to the record by compare-and-set, so
it happens once however many look.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling import keys
from signaling.call import Call, State
from signaling.call_events import Abandoned, RelayLost, TimedOut
from signaling.call_state import outstanding
from signaling.context import Context
from signaling.errors import ProblemError
from signaling.holding import mend_holds
from signaling.hub import Hub
from signaling.listener import Listener
from signaling.presence import STAMP_EVERY_S
from signaling.relays import DEAD_AFTER_MS, RelayInfo

log = structlog.get_logger(__name__)

ROUND_S = 0.5
SLOW_ROUND_S = 30.0
DUE_AT_ONCE = 200
DUE_AGAIN_MS = 2_000  # when whoever took a due call has died over it
# A call of the books without a record is being opened by somebody, unless it is older than this.
ORPHAN_AFTER_MS = 60_000


class Sweeper:
    """Makes the rounds until its tasks are cancelled."""

    def __init__(self, ctx: Context, hub: Hub, listener: Listener) -> None:
        self._ctx = ctx
        self._hub = hub
        self._listener = listener
        self._seen_since_ms: dict[str, int] = {}

    def rounds(self) -> list[asyncio.Task[None]]:
        """Start all rounds, each at its own pace; a failing one is logged and comes again."""
        return [
            asyncio.create_task(_repeat(each, every_s), name=each.__name__)
            for each, every_s in (
                (self.fire_due, ROUND_S),
                (self.look_at_open_calls, 2 * ROUND_S),
                (self.look_at_duty, 2 * ROUND_S),
                (self.stamp_presence, STAMP_EVERY_S),
                (self.cancel_abandoned, 2 * ROUND_S),
                (self.slow_round, SLOW_ROUND_S),
            )
        ]

    async def fire_due(self) -> None:
        """Deadlines that passed, and calls that are over but not settled."""
        ctx, now_ms = self._ctx, self._ctx.clock()
        for call_id in await ctx.store.due(now_ms, DUE_AT_ONCE):
            if not await ctx.store.claim_due(call_id, now_ms, now_ms + DUE_AGAIN_MS):
                continue
            try:
                call = await ctx.calls.apply(call_id, TimedOut())
            except ProblemError as problem:
                log.warning("due call not moved", call=call_id, code=problem.code)
                continue
            if outstanding(call):
                ctx.calls.work_later(call)

    async def look_at_open_calls(self) -> None:
        """Calls whose relay is gone or silent; news that this process missed."""
        ctx, listener, now_ms = self._ctx, self._listener, self._ctx.clock()
        open_ids = await ctx.store.open_calls()
        for call_id in listener.known.keys() - set(open_ids):
            await listener.look(call_id)
        relays = await ctx.relays.all()
        for call_id in open_ids:
            call = listener.known.get(call_id) or await listener.look(call_id)
            if call is None or call.over:
                continue
            if call.relay is not None and self._silent(call, relays.get(call.relay), now_ms):
                await ctx.calls.apply(call_id, RelayLost(call.relay))
            elif outstanding(call):
                ctx.calls.work_later(call)
        self._seen_since_ms = {
            call_id: self._seen_since_ms.get(call_id, now_ms) for call_id in open_ids
        }
        ctx.ticks.forget(now_ms)

    def _silent(self, call: Call, relay: RelayInfo | None, now_ms: int) -> bool:
        """Whether the relay is dead, or alive but says nothing of a call it should carry."""
        if relay is None or not relay.alive(now_ms):
            return True
        if call.state not in (State.LIVE, State.PAUSED):
            return False  # nothing is billed, and a deadline is running
        since_ms = self._listener.connected_ms
        if since_ms is None:
            return False  # it is this process that hears nothing
        tick = self._ctx.ticks.get(call.id)
        heard_ms = tick.received_ms if tick and tick.relay == call.relay else 0
        seen_ms = self._seen_since_ms.get(call.id, now_ms)
        return now_ms - max(heard_ms, seen_ms, since_ms) > DEAD_AFTER_MS

    async def look_at_duty(self) -> None:
        """Providers whose last socket closed 20 s ago are off duty."""
        await self._ctx.presence.retire_unseen(self._ctx.clock())

    async def stamp_presence(self) -> None:
        """Say who has a socket here."""
        await self._ctx.presence.stamp(self._hub.people(), self._ctx.clock())

    async def cancel_abandoned(self) -> None:
        """Calls that ring though their client has gone: nobody would be there to talk to."""
        ringing = [c for c in self._listener.known.values() if c.state is State.RINGING]
        clients = [call.client_id for call in ringing]
        gone = await self._ctx.presence.gone(clients, self._ctx.clock())
        for call in ringing:
            if call.client_id in gone:
                await self._ctx.calls.apply(call.id, Abandoned())

    async def slow_round(self) -> None:
        """Mend what crashes between two stores left: once in a while, by one process."""
        ctx, now_ms = self._ctx, self._ctx.clock()
        lock_ms = int(SLOW_ROUND_S * 900)
        if not await ctx.redis.set(keys.SLOW_ROUND, "1", nx=True, px=lock_ms):
            return
        await self.end_orphans()
        # Before earnings are released: a share whose report lost its hold must not be among them.
        await mend_holds(ctx)
        await ctx.books.upkeep.run(now_ms=now_ms)
        await ctx.relays.forget_dead(now_ms)

    async def end_orphans(self) -> None:
        """Calls the books hold open though their record is settled or was never kept."""
        ctx, now_ms = self._ctx, self._ctx.clock()
        for live in await ctx.books.calls.live():
            if now_ms - live.opened_at_ms < ORPHAN_AFTER_MS:
                continue
            call = await ctx.store.get(live.call_id)
            if call is not None and not call.settled:
                continue
            reason = call.reason.value if call and call.reason else "failed"
            log.warning("ending an orphan of the books", call=live.call_id)
            await ctx.books.calls.end(live.call_id, reason, now_ms=now_ms)


async def _repeat(each: Callable[[], Awaitable[None]], every_s: float) -> None:
    while True:
        await asyncio.sleep(every_s)
        try:
            await each()
        except (RedisError, MeteringError, ProblemError, OSError) as error:
            log.warning("round failed", round=getattr(each, "__name__", ""), error=repr(error))
        except Exception:
            log.exception("round failed", round=getattr(each, "__name__", ""))
