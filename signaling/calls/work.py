"""Calls as they run: events are applied to the record, what follows from them is done.

The record is written before anything is done about it, and what is still to be done can be read off
the record. So a process may die anywhere: the next one finds the call due and goes on.
"""

from __future__ import annotations

import asyncio
from collections import Counter

import structlog
from redis.exceptions import RedisError

from mediasrv.client import RelayClient, RelayError
from metering.books import Books
from metering.errors import MeteringError, UnknownCallError
from signaling.calls.events import CapSet, Event, Funded, ModeSet, Pinned, Receipted, Settled
from signaling.calls.receipts import pack_receipt
from signaling.calls.record import ANSWERED, Call, Side, State
from signaling.calls.state import Effect, WrongStateError, outstanding, step
from signaling.calls.store import CallStore
from signaling.kernel.clock import Clock
from signaling.kernel.problems import ProblemError, not_found
from signaling.presence.store import Presence
from signaling.relays.registry import RelayInfo, RelayRegistry

log = structlog.get_logger(__name__)

RACES_MAX = 50  # each lost race means that another process got on
RELAYS_TRIED_MAX = 4
TRIES_PER_RELAY = 2  # one request may get lost; moving a call costs both sides seconds
# A relay that does not answer may still hold proof of the last second. After this the call ends
# with the proof the books already have.
LAST_PROOF_WAIT_MS = 10_000


class Calls:
    """Applies events to call records and does what follows."""

    def __init__(
        self,
        store: CallStore,
        books: Books,
        relays: RelayRegistry,
        relay_client: RelayClient,
        presence: Presence,
        *,
        clock: Clock,
    ) -> None:
        self._store = store
        self._books = books
        self._relays = relays
        self._relay_client = relay_client
        self._presence = presence
        self._clock = clock
        self._working: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()  # calls that changed while they were worked on

    async def get(self, call_id: str) -> Call:
        """The call. Raises ProblemError `not_found`."""
        call = await self._store.get(call_id)
        if call is None:
            raise not_found("This call")
        return call

    async def apply(self, call_id: str, event: Event) -> Call:
        """The call after an event, as written; what follows is done in the background.

        Raises ProblemError `not_found`, WrongStateError.
        """
        for _ in range(RACES_MAX):
            call = await self.get(call_id)
            after, effects = step(call, event, self._clock())
            if after is call:
                return call
            written = await self._store.replace(call, after)
            if written is not None:
                if effects:
                    self.work_later(written)
                return written
        raise ProblemError("unavailable", "This call is being changed by others. Try again.")

    async def join(self, call_id: str, side: Side, offer: str) -> str:
        """A party's media join the call: SDP offer in, SDP answer out.

        The call's relay is chosen here, by compare-and-set, so that both sides meet at one; one
        that does not answer or is full is replaced by another. Raises ProblemError.
        """
        tries: Counter[str] = Counter()
        problem = ProblemError("relay_unavailable", "No media server is free. Try again soon.")
        for _ in range(RELAYS_TRIED_MAX * TRIES_PER_RELAY):
            call = await self.get(call_id)
            if call.state not in ANSWERED:
                raise WrongStateError("This call is over." if call.over else "Not answered yet.")
            full = {relay for relay, count in tries.items() if count >= TRIES_PER_RELAY}
            relay = await self._relay_for(call, full)
            if relay is None:
                raise problem
            if call.relay != relay.id:
                call = await self.apply(call_id, Pinned(relay.id, call.relay))
                if call.relay != relay.id:
                    continue  # the other side chose first: meet there
            try:
                answer = await self._relay_client.join(relay.control_url, call_id, side, offer)
            except RelayError as error:
                if error.code not in ("relay_unavailable", "full", "draining", "internal"):
                    line = f" (line {error.line})" if error.line else ""
                    raise ProblemError(error.code, f"{error.message}{line}") from error
                tries[relay.id] += 1 if error.code == "relay_unavailable" else TRIES_PER_RELAY
                continue
            if call.mode_due:
                self.work_later(call)
            return answer
        raise problem

    async def funds_changed(self, client_id: str) -> None:
        """A client got money: a call that waits for it goes on."""
        call_id = await self._presence.call_of(client_id)
        call = await self._store.get(call_id) if call_id else None
        if call is None or call.state is not State.ON_HOLD:
            return
        if (await self._books.calls.meter(call.id)).affordable_s != 0:
            await self.apply(call.id, Funded())

    def work_later(self, call: Call) -> None:
        """Do what the record says is still to be done; one task per call does it."""
        if call.id in self._working:
            self._again.add(call.id)
            return
        task = asyncio.create_task(self._work(call), name=f"work on call {call.id}")
        self._working[call.id] = task

    async def idle(self) -> None:
        """Wait until nothing is being worked on (before the process leaves, and in tests)."""
        while self._working:
            await asyncio.gather(*self._working.values(), return_exceptions=True)

    async def _work(self, call: Call) -> None:
        """Do what is outstanding; what fails now is found again by the rounds."""
        try:
            # Every round does what one reading of the record asks for; another process or a second
            # event may have added to it meanwhile.
            for _ in range(RACES_MAX):
                if await self._do(call, outstanding(call)):
                    call = await self.get(call.id)
                elif call.id in self._again:
                    self._again.discard(call.id)
                    call = await self.get(call.id)
                else:
                    return
        except (RedisError, MeteringError, ProblemError, OSError) as error:
            log.warning("call work failed", call=call.id, state=call.state, error=repr(error))
        finally:
            self._working.pop(call.id, None)
            self._again.discard(call.id)

    async def _do(self, call: Call, effects: frozenset[Effect]) -> bool:
        """One piece of work; False when there is none or it has to be tried again later."""
        if Effect.SETTLE in effects:
            return await self._settle(call)
        if Effect.SET_CAP in effects:
            await self._books.calls.raise_cap(call.id, call.spending_cap_micros)
            await self.apply(call.id, CapSet(call.spending_cap_micros))
            return True
        return Effect.SET_MODE in effects and await self._set_mode(call)

    async def _set_mode(self, call: Call) -> bool:
        relay = (await self._relays.alive(self._clock())).get(call.relay or "")
        if relay is None:
            return False
        mode = call.mode
        note = (
            self._books.calls.pause if mode.forward and not mode.count else self._books.calls.resume
        )
        await note(call.id, now_ms=self._clock())
        try:
            await self._relay_client.set_mode(
                relay.control_url, call.id, forward=mode.forward, count=mode.count
            )
        except RelayError as error:
            log.info("mode not set", call=call.id, relay=relay.id, code=error.code)
            return False
        await self.apply(call.id, ModeSet(mode))
        return True

    async def _settle(self, call: Call) -> bool:
        if call.receipt is None:
            if not await self._close_media(call):
                return False
            await self.apply(call.id, Receipted(await self._end_in_books(call)))
        await self._books.shares.deliver(call.id)
        await self.apply(call.id, Settled())
        return True

    async def _close_media(self, call: Call) -> bool:
        """Have the relay hand over its last proof; False to try again in a moment."""
        if call.relay is None:
            return True
        relay = (await self._relays.all()).get(call.relay)
        now_ms = self._clock()
        if relay is None or not relay.alive(now_ms):
            return True
        try:
            await self._relay_client.close_call(relay.control_url, call.id)
        except RelayError as error:
            if error.code == "unknown_call":
                return True
            log.warning("relay did not close the call", call=call.id, code=error.code)
            return now_ms - (call.ended_at_ms or now_ms) >= LAST_PROOF_WAIT_MS
        return True

    async def _end_in_books(self, call: Call) -> bytes | None:
        reason = call.reason.value if call.reason else "failed"
        ended_at_ms = call.ended_at_ms or self._clock()
        try:
            receipt = await self._books.calls.end(call.id, reason, now_ms=ended_at_ms)
        except UnknownCallError:
            return None  # the process died before it opened the call in the books
        return pack_receipt(receipt)

    async def _relay_for(self, call: Call, without: set[str]) -> RelayInfo | None:
        now_ms = self._clock()
        if call.relay is not None and call.relay not in without:
            pinned = (await self._relays.alive(now_ms)).get(call.relay)
            if pinned is not None:
                return pinned
        return await self._relays.pick(now_ms, without=without)
