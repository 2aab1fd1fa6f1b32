"""Upkeep: what a process does every minute so that nothing stays half way and nothing piles up."""

from __future__ import annotations

from dataclasses import dataclass

from metering.payouts import PayoutBook
from metering.vouchers import VoucherBook

# A request repeated after this long is a new one. Payment services repeat what they say for a
# month, and a card top-up is refunded by its key for as long as it is known.
KEEP_KEYS_MS = 400 * 86_400_000
KEEP_PROBES_MS = 86_400_000


@dataclass(frozen=True)
class Upkeep:
    """What one round of upkeep did."""

    delivered: int
    vouchers_finished: int
    released: int
    expired_micros: int
    forgotten: int


class UpkeepBook(VoucherBook, PayoutBook):
    """The upkeep of the books. Every round may be repeated, or run in two processes at once."""

    async def upkeep(self, *, now_ms: int) -> Upkeep:
        """Delivers what is still in outboxes, finishes claimed vouchers, releases earnings whose
        dispute window is over, expires promotional credit, forgets keys and probes of long ago."""
        return Upkeep(
            delivered=await self.deliver_all(),
            vouchers_finished=await self.finish_vouchers(now_ms=now_ms),
            released=await self.release_earnings(now_ms=now_ms),
            expired_micros=await self.expire_promo(now_ms=now_ms),
            forgotten=await self._forget(now_ms),
        )

    async def expire_promo(self, *, now_ms: int) -> int:
        """Takes back promotional credit whose time is over. Returns how much in all."""
        expired = 0
        for partition, clients in enumerate(await self.every_partition("HKEYS", "lots")):
            for client in clients:
                expired += await self.scripts.run("expire", partition, client, now_ms)
        return expired

    async def _forget(self, now_ms: int) -> int:
        forgotten = 0
        for which, keep_ms in (("idem", KEEP_KEYS_MS), ("probe", KEEP_PROBES_MS)):
            for partition, size in enumerate(await self.every_partition("HLEN", which)):
                cursor = "0" if size else ""
                while cursor:
                    following, gone = await self.scripts.run(
                        "prune", partition, cursor, which, now_ms - keep_ms
                    )
                    forgotten += gone
                    cursor = following if following != "0" else ""
        return forgotten
