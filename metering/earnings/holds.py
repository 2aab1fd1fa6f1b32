"""Shares held back while a client's report about the call is open.

A held share stays pending whatever day it is, also one that comes home only after the report. No
money moves by a hold; a refund takes from the pending share as ever.

A hold and the report it is for lie in two stores. Who keeps the reports places the hold first, and
now and then mends what a crash in between left: puts the holds of open reports in place, before
earnings are released, and frees those that no open report stands behind.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgpack

from metering.earnings.balances import Earnings
from metering.store.partitions import Partitions


@dataclass(frozen=True)
class HeldShare:
    """A share that is held back since `at_ms`, for a report of the call's client."""

    call_id: str
    provider_id: str
    at_ms: int


class Holds:
    """The held shares of the books. Every command may be repeated."""

    def __init__(self, partitions: Partitions, earnings: Earnings) -> None:
        self._partitions = partitions
        self._earnings = earnings

    async def place(self, call_id: str, provider_id: str, *, now_ms: int) -> int:
        """Keeps this call's share pending until it is freed. Returns how much of it has come home
        and is held by now: what became available before is not taken back.

        Raises UnknownCallError, UnknownAccountError.
        """
        self._partitions.of_call(call_id)  # the id is one of these books
        home = self._partitions.of(provider_id)
        held: int = await self._partitions.scripts.run(
            "earnings/hold_share", home, call_id, provider_id, now_ms
        )
        await self._partitions.barrier(home)
        return held

    async def free(
        self, call_id: str, provider_id: str, *, now_ms: int, held_before_ms: int | None = None
    ) -> None:
        """Ends a hold: the share becomes available at the end of its dispute window, or now when
        that is over. With `held_before_ms` only a hold that was last placed before. Without a hold
        it changes nothing."""
        home = self._partitions.of(provider_id)
        before = "" if held_before_ms is None else held_before_ms
        window_ms = self._earnings.dispute_window_s * 1000
        if await self._partitions.scripts.run(
            "earnings/free_share", home, call_id, window_ms, now_ms, before
        ):
            await self._earnings.release_call(home, call_id, now_ms)
        await self._partitions.barrier(home)

    async def all(self) -> list[HeldShare]:
        """All holds, over all partitions."""
        found = []
        for holds in await self._partitions.every("HGETALL", "contested"):
            for call, packed in holds.items():
                hold = msgpack.unpackb(packed)
                found.append(HeldShare(call.decode(), hold["provider"], hold["at"]))
        return found
