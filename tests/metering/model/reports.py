"""Clients' reports in the simulation: what is held for one does not become available."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Sequence

import msgpack
from redis.asyncio import Redis

from metering.books import Books
from metering.calls.receipts import CallReceipt
from metering.store.keys import key
from tests.metering.model.final_check import expect

LATER_MS = 10**10  # past every dispute window, whatever the clock did


class Reports:
    """What clients have reported and the operator not decided yet."""

    def __init__(self, server: Redis, books: Books, honest: Books, rng: random.Random) -> None:
        self.server, self.books, self.honest, self.rng = server, books, honest, rng
        self.open: dict[str, str] = {}  # call → provider
        self.held: dict[str, str] = {}  # of them: nothing was available before the report
        self.decided: set[str] = set()

    async def file(
        self, receipts: Sequence[CallReceipt], now_ms: int
    ) -> Callable[[], Awaitable[None]]:
        """A client complains of one of these calls: of one whose share is still on its way home,
        if there is one."""
        waiting = await self.honest.partitions.every("HKEYS", "outbox")
        on_their_way = {call.decode() for calls in waiting for call in calls}
        late = [each for each in receipts if each.call_id in on_their_way]
        chosen = self.rng.choice(late or receipts)
        call, provider = chosen.call_id, chosen.provider_id

        async def hold() -> None:
            if call in self.decided:
                return
            await self.books.holds.place(call, provider, now_ms=now_ms)
            self.open[call] = provider
            if await self._all_pending(call, provider):
                self.held[call] = provider

        return hold

    def decide(self, now_ms: int) -> Callable[[], Awaitable[None]]:
        """The operator closes one of them."""
        call = self.rng.choice(sorted(self.open))
        provider = self.open.pop(call)
        self.held.pop(call, None)
        self.decided.add(call)

        async def free() -> None:
            await self.books.holds.free(call, provider, now_ms=now_ms)

        return free

    async def check(self) -> None:
        for call, provider in self.held.items():
            whole = await self._all_pending(call, provider)
            expect(whole, f"the share of {call} became available under an open report")

    async def close_all(self, providers: Sequence[str], now_ms: int) -> None:
        """The operator decides what is left, holds nobody reported are freed, time passes: then
        everything is available."""
        self.open.clear()
        self.held.clear()
        for each in await self.honest.holds.all():
            await self.honest.holds.free(each.call_id, each.provider_id, now_ms=now_ms)
        await self.honest.earnings.release(now_ms=now_ms + LATER_MS)
        for provider in providers:
            pending = (await self.honest.earnings.of(provider)).pending_micros
            expect(pending == 0, f"{pending} of {provider} never become available")

    async def _all_pending(self, call: str, provider: str) -> bool:
        """Whether nothing of a call's share is available (nothing at all before it came home)."""
        place = key(self.honest.partitions.of(provider), "applied")
        packed = await self.server.hget(place, call)
        if packed is None:
            return True
        row = msgpack.unpackb(packed)
        return bool(row["due"] == row["share"] - row["claw"])
