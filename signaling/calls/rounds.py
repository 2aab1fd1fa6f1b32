"""Rounds over open calls: deadlines, relays that went silent, work left undone.

What a round finds is put to the record by compare-and-set, so it happens once however many look.
"""

from __future__ import annotations

import structlog

from metering.books import Books
from signaling.calls.events import RelayLost, TimedOut
from signaling.calls.record import Call, State
from signaling.calls.state import outstanding
from signaling.calls.store import CallStore
from signaling.calls.watch import CallWatch
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.room import Room
from signaling.kernel.rounds import Round, each_of
from signaling.kernel.store.news import News
from signaling.relays.registry import DEAD_AFTER_MS, RelayInfo, RelayRegistry
from signaling.relays.ticks import TickBoard

log = structlog.get_logger(__name__)

DUE_EVERY_S = 0.5
LOOK_EVERY_S = 1.0
MEND_EVERY_S = 30.0
DUE_AT_ONCE = 200
DUE_AGAIN_MS = 2_000  # when whoever took a due call has died over it
# A call of the books without a record is being opened by somebody, unless it is older than this.
ORPHAN_AFTER_MS = 60_000


class CallRounds:
    """What every process looks at again and again, so that no call is left alone."""

    def __init__(
        self,
        *,
        store: CallStore,
        calls: Calls,
        watch: CallWatch,
        news: News,
        relays: RelayRegistry,
        ticks: TickBoard,
        books: Books,
        clock: Clock,
    ) -> None:
        self._store = store
        self._calls = calls
        self._watch = watch
        self._news = news
        self._relays = relays
        self._ticks = ticks
        self._books = books
        self._clock = clock
        self._seen_since_ms: dict[str, int] = {}

    async def fire_due(self) -> None:
        """Deadlines that passed, and calls that are over but not settled."""
        now_ms = self._clock()

        async def fire(call_id: str) -> None:
            if not await self._store.claim_due(call_id, now_ms, now_ms + DUE_AGAIN_MS):
                return
            call = await self._calls.apply(call_id, TimedOut())
            if outstanding(call):
                self._calls.work_later(call)

        await each_of("due call", await self._store.due(now_ms, DUE_AT_ONCE), fire)

    async def look_at_open_calls(self) -> None:
        """Calls whose relay is gone or silent; news that this process missed."""
        watch, now_ms = self._watch, self._clock()
        open_ids = await self._store.open_calls()
        for call_id in watch.known.keys() - set(open_ids):
            await watch.look(call_id)
        relays = await self._relays.all()

        async def look(call_id: str) -> None:
            call = watch.known.get(call_id) or await watch.look(call_id)
            if call is None or call.over:
                return
            if call.relay is not None and self._silent(call, relays.get(call.relay), now_ms):
                await self._calls.apply(call_id, RelayLost(call.relay))
            elif outstanding(call):
                self._calls.work_later(call)

        await each_of("open call", open_ids, look)
        self._seen_since_ms = {
            call_id: self._seen_since_ms.get(call_id, now_ms) for call_id in open_ids
        }
        self._ticks.forget(now_ms)

    async def end_orphans(self) -> None:
        """Calls the books hold open though their record is settled or was never kept."""
        now_ms = self._clock()

        async def end(call_id: str) -> None:
            call = await self._store.get(call_id)
            if call is not None and not call.settled:
                return
            reason = call.reason.value if call and call.reason else "failed"
            log.warning("ending an orphan of the books", call=call_id)
            await self._books.calls.end(call_id, reason, now_ms=now_ms)

        live = await self._books.calls.live()
        old = [each.call_id for each in live if now_ms - each.opened_at_ms >= ORPHAN_AFTER_MS]
        await each_of("orphan of the books", old, end)

    async def forget_dead_relays(self) -> None:
        """Relays that were shown as dead long enough."""
        await self._relays.forget_dead(self._clock())

    def _silent(self, call: Call, relay: RelayInfo | None, now_ms: int) -> bool:
        """Whether the relay is dead, or alive but says nothing of a call it should carry."""
        if relay is None or not relay.alive(now_ms):
            return True
        if call.state not in (State.LIVE, State.PAUSED):
            return False  # nothing is billed, and a deadline is running
        since_ms = self._news.connected_ms
        if since_ms is None:
            return False  # it is this process that hears nothing
        tick = self._ticks.get(call.id)
        heard_ms = tick.received_ms if tick and tick.relay == call.relay else 0
        seen_ms = self._seen_since_ms.get(call.id, now_ms)
        return now_ms - max(heard_ms, seen_ms, since_ms) > DEAD_AFTER_MS

    def room(self) -> Room:
        """Its rows."""
        return Room(
            rounds=(
                Round("fire due calls", self.fire_due, DUE_EVERY_S),
                Round("look at open calls", self.look_at_open_calls, LOOK_EVERY_S),
                Round("end orphans of the books", self.end_orphans, MEND_EVERY_S, alone=True),
                Round("forget dead relays", self.forget_dead_relays, MEND_EVERY_S, alone=True),
            )
        )
