"""Providers' money: shares of calls come home, wait out the dispute window, are available."""

from __future__ import annotations

from itertools import groupby

import msgpack

from metering.ledger import Partitions, check_amount, request_hash
from metering.money import MAX_MICROS
from metering.types import EarningsBalance

# A delivery moves at most this many calls at a time: one bounded script on each side.
OUTBOX_BATCH = 256
_RELEASE_BATCH = 256


class Shares:
    """The shares of calls that are on their way to their providers' homes.

    `dispute_window_s`: how long a share is pending once it is home.
    """

    def __init__(self, partitions: Partitions, dispute_window_s: int) -> None:
        self._partitions = partitions
        self._window_ms = dispute_window_s * 1000

    async def deliver(self, place: str | int) -> int:
        """Moves providers' shares from a call's (or a whole) partition to their homes.

        Sends cumulative amounts; home posts what it has not applied yet; only then the source is
        cleared. So it may stop anywhere, and be repeated or run twice at once. Returns how many
        calls are settled now.
        """
        if isinstance(place, str):
            return await self._deliver_batch(self._partitions.of_call(place), place)
        settled = 0
        while moved := await self._deliver_batch(place, ""):
            settled += moved
        return settled

    async def deliver_all(self) -> int:
        """Delivers what earlier deliveries left behind, everywhere. Returns calls settled."""
        waiting = await self._partitions.every("HLEN", "outbox")
        return sum([await self.deliver(at) for at, size in enumerate(waiting) if size])

    async def _deliver_batch(self, partition: int, call_id: str) -> int:
        rows = await self._partitions.scripts.run("outbox", partition, call_id)
        by_home = sorted(rows[:OUTBOX_BATCH], key=lambda row: self._partitions.of(row[1]))
        if rows and not self._partitions.one_log:
            await self._partitions.barrier(
                partition
            )  # a share must not come home and its charge be lost
        settled = 0
        for home, group in groupby(by_home, key=lambda row: self._partitions.of(row[1])):
            settled += await self._bring_home(partition, home, list(group))
        return settled

    async def _bring_home(self, partition: int, home: int, rows: list[list[int | str]]) -> int:
        applied = await self._partitions.scripts.run(
            "home", home, self._window_ms, msgpack.packb(rows)
        )
        if not self._partitions.one_log:
            # The source may forget the share only when its arrival cannot be lost any more.
            await self._partitions.barrier(home)
        settled: int = await self._partitions.scripts.run(
            "clear", partition, msgpack.packb(applied)
        )
        return settled


class Earnings:
    """The earnings of the books, at their providers' homes."""

    def __init__(self, partitions: Partitions, dispute_window_s: int) -> None:
        self._partitions = partitions
        self.dispute_window_s = dispute_window_s

    async def of(self, provider_id: str) -> EarningsBalance:
        """A provider's money at home; shares still on their way are not in it."""
        pending, available, requested, paid_out, held = await self._partitions.scripts.run(
            "earnings", self._partitions.of(provider_id), provider_id
        )
        return EarningsBalance(
            currency=self._partitions.currency,
            earned_micros=pending + available + requested + paid_out,
            pending_micros=pending,
            held_micros=held,
            available_micros=available,
            requested_micros=requested,
            paid_out_micros=paid_out,
        )

    async def release(self, *, now_ms: int) -> int:
        """Makes available what waited out the dispute window. Returns how many calls' shares."""
        waiting = await self._partitions.every("ZCOUNT", "due", "-inf", str(now_ms))
        released = 0
        for partition, size in enumerate(waiting):
            released += await self.release_in(partition, now_ms) if size else 0
        return released

    async def release_in(self, home: int, now_ms: int) -> int:
        """The same in one home partition."""
        released, done = 0, _RELEASE_BATCH
        while done == _RELEASE_BATCH:
            done = await self._partitions.scripts.run("release", home, now_ms)
            released += done
        return released

    async def adjust(
        self, provider_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> int:
        """Adds to (or, negative, takes from) a provider's available earnings, once per `key`; may
        leave a debt that later earnings make good. Returns what is available now."""
        check_amount(amount_micros, low=-MAX_MICROS)
        home = self._partitions.of(provider_id)
        body = request_hash("adjust", provider_id, amount_micros, note)
        available: int = await self._partitions.scripts.run(
            "adjust", home, provider_id, f"p:{provider_id}:{key}", body, now_ms, amount_micros, note
        )
        await self._partitions.barrier(home)
        return available
