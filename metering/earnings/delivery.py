"""Delivery: the shares of calls come home to their providers' partitions."""

from __future__ import annotations

from itertools import groupby
from typing import Any

import msgpack

from metering.errors import UnknownCallError
from metering.items import Items
from metering.store.partitions import Partitions

# A delivery moves at most this many calls at a time: one bounded script on each side.
OUTBOX_BATCH = 256

Row = dict[str, Any]  # as outbox.lua answers it


class Shares:
    """The shares of calls that are on their way to their providers' homes.

    `dispute_window_s`: how long a share is pending once it is home.
    """

    def __init__(self, partitions: Partitions, dispute_window_s: int) -> None:
        self._partitions = partitions
        self._window_ms = dispute_window_s * 1000

    async def deliver(self, call_id: str) -> int:
        """Moves a call's share from the call's partition to its provider's home.

        Sends cumulative amounts; home posts what it has not applied yet; only then the source is
        cleared. So it may stop anywhere, and be repeated or run twice at once. Returns 1 when the
        call is settled now, 0 when there was nothing to move.
        """
        partition = self._partitions.of_call(call_id)
        _, rows = await self._partitions.scripts.run("earnings/outbox", partition, call_id, "0")
        await self._sync(partition)
        settled = 0
        for row in rows:
            settled += await self._bring_home(partition, self._home_of(row), [row])
        return settled

    async def deliver_all(self) -> int:
        """Delivers what earlier deliveries left behind, everywhere. Returns calls settled.

        Raises UnfinishedError after all the others are delivered.
        """
        items = Items("deliver")
        for partition, size in enumerate(await self._partitions.every("HLEN", "outbox")):
            cursor = "0" if size else ""
            while cursor:
                cursor = await self._deliver_page(partition, cursor, items)
        return items.finish()

    async def _deliver_page(self, partition: int, cursor: str, items: Items) -> str:
        """Delivers some of a partition's calls; answers where to go on, "" at the end."""
        try:
            following, rows = await self._partitions.scripts.run(
                "earnings/outbox", partition, "", cursor
            )
            await self._sync(partition)
        except Exception as error:  # whatever it is, it is this partition's alone
            items.failed(f"partition {partition:04x}", error)
            return ""
        for row in rows:
            if not row["provider"]:
                items.failed(f"call {row['call']}", UnknownCallError("It has no receipt."))
        known = sorted((row for row in rows if row["provider"]), key=self._home_of)
        for _, group in groupby(known, key=self._home_of):
            same_home = list(group)
            for first in range(0, len(same_home), OUTBOX_BATCH):
                await self._deliver_or_name(
                    partition, same_home[first : first + OUTBOX_BATCH], items
                )
        return following if following != "0" else ""

    async def _deliver_or_name(self, partition: int, rows: list[Row], items: Items) -> None:
        """Delivers rows of one home; one by one when they fail together."""
        try:
            home = self._home_of(rows[0])
            items.done += await self._bring_home(partition, home, rows)
        except Exception as error:  # whatever it is, one of these rows is the cause
            if len(rows) == 1:
                items.failed(f"call {rows[0]['call']}", error)
                return
            for row in rows:
                await self._deliver_or_name(partition, [row], items)

    async def _sync(self, partition: int) -> None:
        """A share must not come home and its charge be lost."""
        if not self._partitions.one_log:
            await self._partitions.barrier(partition)

    def _home_of(self, row: Row) -> int:
        return self._partitions.of(row["provider"])

    async def _bring_home(self, partition: int, home: int, rows: list[Row]) -> int:
        applied = await self._partitions.scripts.run(
            "earnings/home", home, self._window_ms, msgpack.packb(rows)
        )
        if not self._partitions.one_log:
            # The source may forget the share only when its arrival cannot be lost any more.
            await self._partitions.barrier(home)
        settled: int = await self._partitions.scripts.run(
            "earnings/clear", partition, msgpack.packb(applied)
        )
        return settled
