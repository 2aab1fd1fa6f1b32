"""Shares held back while a client's report about the call is open.

A held share stays pending whatever day it is, also one that comes home only after the report. No
money moves by a hold; a refund takes from the pending share as ever.

A hold and the report it is for lie in two stores. Who keeps the reports places the hold first, and
now and then mends what a crash in between left: puts the holds of open reports in place, before
earnings are released, and frees those that no open report stands behind.
"""

from __future__ import annotations

import msgpack

from metering.payouts import PayoutBook
from metering.types import HeldShare


class HoldBook(PayoutBook):
    """The held shares of the books. Every command may be repeated."""

    async def hold_share(self, call_id: str, provider_id: str, *, now_ms: int) -> int:
        """Keeps this call's share pending until it is freed. Returns how much of it has come home
        and is held by now: what became available before is not taken back.

        Raises UnknownCallError, UnknownAccountError.
        """
        self.call_partition(call_id)  # the id is one of these books
        home = self.partition(provider_id)
        held: int = await self.scripts.run("contest", home, call_id, provider_id, now_ms)
        await self.barrier(home)
        return held

    async def free_share(
        self, call_id: str, provider_id: str, *, now_ms: int, held_before_ms: int | None = None
    ) -> None:
        """Ends a hold: the share becomes available at the end of its dispute window, or now when
        that is over. With `held_before_ms` only a hold that was last placed before. Without a hold
        it changes nothing."""
        home = self.partition(provider_id)
        before = "" if held_before_ms is None else held_before_ms
        window_ms = self.dispute_window_s * 1000
        if await self.scripts.run("free", home, call_id, window_ms, now_ms, before):
            await self.release_in(home, now_ms)
        await self.barrier(home)

    async def held_shares(self) -> list[HeldShare]:
        """All holds, over all partitions."""
        found = []
        for holds in await self.every_partition("HGETALL", "contested"):
            for call, packed in holds.items():
                hold = msgpack.unpackb(packed)
                found.append(HeldShare(call.decode(), hold["provider"], hold["at"]))
        return found
