"""Upkeep: what a process does every minute so that nothing stays half way and nothing piles up."""

from __future__ import annotations

from dataclasses import dataclass

from metering.earnings import Earnings, Shares
from metering.ledger import Partitions
from metering.promo import Promo
from metering.vouchers import Vouchers

# A request repeated after this long is a new one. Payment services repeat what they say for a
# month, and a card top-up is refunded by its key for as long as it is known.
KEEP_KEYS_MS = 400 * 86_400_000
KEEP_PROBES_MS = 86_400_000


@dataclass(frozen=True)
class Kept:
    """What one round of upkeep did."""

    delivered: int
    vouchers_finished: int
    released: int
    expired_micros: int
    forgotten: int


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

    async def run(self, *, now_ms: int) -> Kept:
        """Delivers what is still in outboxes, finishes claimed vouchers, releases earnings whose
        dispute window is over, expires promotional credit, forgets keys and probes of long ago."""
        return Kept(
            delivered=await self._shares.deliver_all(),
            vouchers_finished=await self._vouchers.finish(now_ms=now_ms),
            released=await self._earnings.release(now_ms=now_ms),
            expired_micros=await self._promo.expire(now_ms=now_ms),
            forgotten=await self._forget(now_ms),
        )

    async def _forget(self, now_ms: int) -> int:
        forgotten = 0
        for which, keep_ms in (("idem", KEEP_KEYS_MS), ("probe", KEEP_PROBES_MS)):
            for partition, size in enumerate(await self._partitions.every("HLEN", which)):
                cursor = "0" if size else ""
                while cursor:
                    following, gone = await self._partitions.scripts.run(
                        "prune", partition, cursor, which, now_ms - keep_ms
                    )
                    forgotten += gone
                    cursor = following if following != "0" else ""
        return forgotten
