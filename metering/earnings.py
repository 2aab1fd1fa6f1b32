"""Providers' money: shares come home by cumulative amounts and wait out the dispute window."""

from __future__ import annotations

from itertools import groupby

import msgpack

from metering.ledger import Ledger
from metering.types import Earnings

# A delivery moves at most this many calls at a time: one bounded script on each side.
OUTBOX_BATCH = 256


class EarningBook(Ledger):
    """The earnings of the books."""

    async def deliver(self, place: str | int) -> int:
        """Moves providers' shares from a call's (or a whole) partition to their homes.

        Sends cumulative amounts; home posts what it has not applied yet; only then the source is
        cleared. So it may stop anywhere, and be repeated or run twice at once. Returns how many
        calls are settled now.
        """
        if isinstance(place, str):
            return await self._deliver_batch(self.call_partition(place), place)
        settled = 0
        while moved := await self._deliver_batch(place, ""):
            settled += moved
        return settled

    async def deliver_all(self) -> int:
        """Delivers what earlier deliveries left behind, everywhere. Returns calls settled."""
        waiting = await self.every_partition("HLEN", "outbox")
        return sum([await self.deliver(at) for at, size in enumerate(waiting) if size])

    async def _deliver_batch(self, partition: int, call_id: str) -> int:
        rows = await self.scripts.run("outbox", partition, call_id)
        by_home = sorted(rows[:OUTBOX_BATCH], key=lambda row: self.partition(row[1]))
        if rows and not self.one_log:
            await self.barrier(partition)  # a share must not come home and its charge be lost
        settled = 0
        for home, group in groupby(by_home, key=lambda row: self.partition(row[1])):
            settled += await self._bring_home(partition, home, list(group))
        return settled

    async def _bring_home(self, partition: int, home: int, rows: list[list[int | str]]) -> int:
        window_ms = self.dispute_window_s * 1000
        applied = await self.scripts.run("home", home, window_ms, msgpack.packb(rows))
        if not self.one_log:
            # The source may forget the share only when its arrival cannot be lost any more.
            await self.barrier(home)
        settled: int = await self.scripts.run("clear", partition, msgpack.packb(applied))
        return settled

    async def earnings(self, provider_id: str) -> Earnings:
        """A provider's money at home; shares still on their way are not in it."""
        pending, available, requested, paid_out, held = await self.scripts.run(
            "earnings", self.partition(provider_id), provider_id
        )
        return Earnings(
            currency=self.currency,
            earned_micros=pending + available + requested + paid_out,
            pending_micros=pending,
            held_micros=held,
            available_micros=available,
            requested_micros=requested,
            paid_out_micros=paid_out,
        )
