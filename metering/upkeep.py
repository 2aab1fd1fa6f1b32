"""Upkeep: what a process does every minute so that nothing stays half way or piles up."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from metering.earnings.balances import Earnings
from metering.earnings.delivery import Shares
from metering.items import Failure, Items, UnfinishedError
from metering.store.partitions import Partitions
from metering.wallets.promo import Promo
from metering.wallets.vouchers import Vouchers

# A request repeated after this long is a new one. Payment services repeat what they say for a
# month, and a card top-up is refunded by its key for as long as it is known.
KEEP_KEYS_MS = 400 * 86_400_000
KEEP_PROBES_MS = 86_400_000


@dataclass(frozen=True)
class Kept:
    """What one round of upkeep did. `failures`: what it could not do, named (the first hundred of
    each step), and left for the next round."""

    delivered: int
    vouchers_finished: int
    released: int
    expired_micros: int
    forgotten: int
    failures: tuple[Failure, ...]


class Upkeep:
    """The upkeep of the books. Every round may be repeated, or run in two processes at once."""

    def __init__(
        self,
        partitions: Partitions,
        *,
        shares: Shares,
        vouchers: Vouchers,
        earnings: Earnings,
        promo: Promo,
    ) -> None:
        self._partitions = partitions
        self._shares = shares
        self._vouchers = vouchers
        self._earnings = earnings
        self._promo = promo

    async def run(
        self, *, now_ms: int, mend_holds: Callable[[], Awaitable[None]] | None = None
    ) -> Kept:
        """Delivers what is still in outboxes, finishes claimed vouchers, releases earnings whose
        dispute window is over, expires promotional credit, forgets keys and probes of long ago.

        A step that fails stops no other, and an item no other item. But when `mend_holds`, which
        puts the holds of open reports in place, fails, nothing is released in this round.
        """
        failures: list[Failure] = []

        async def step(name: str, work: Awaitable[int]) -> int:
            try:
                return await work
            except UnfinishedError as error:
                failures.extend(error.failures)
                return error.done
            except Exception as error:  # whatever it is, it is this step's alone
                failures.append(Failure(name, "", error))
                return 0

        delivered = await step("deliver", self._shares.deliver_all())
        finished = await step("vouchers", self._vouchers.finish(now_ms=now_ms))
        released = await step("release", self._release(now_ms, mend_holds))
        expired = await step("expire", self._promo.expire(now_ms=now_ms))
        forgotten = await step("forget", self._forget(now_ms))
        return Kept(delivered, finished, released, expired, forgotten, tuple(failures))

    async def _release(self, now_ms: int, mend_holds: Callable[[], Awaitable[None]] | None) -> int:
        if mend_holds is not None:
            await mend_holds()
        return await self._earnings.release(now_ms=now_ms)

    async def _forget(self, now_ms: int) -> int:
        items = Items("forget")
        for which, keep_ms in (("idem", KEEP_KEYS_MS), ("probe", KEEP_PROBES_MS)):
            for partition, size in enumerate(await self._partitions.every("HLEN", which)):
                if size:
                    work = self._prune(partition, which, now_ms - keep_ms)
                    await items.attempt(f"{which} of partition {partition:04x}", work)
        return items.finish()

    async def _prune(self, partition: int, which: str, before_ms: int) -> int:
        forgotten, cursor = 0, "0"
        while cursor:
            following, gone = await self._partitions.scripts.run(
                "prune", partition, cursor, which, before_ms
            )
            forgotten += gone
            cursor = following if following != "0" else ""
        return forgotten
