"""What providers have at home: pending until the dispute window is over, then available."""

from __future__ import annotations

from dataclasses import dataclass

from metering.items import Items
from metering.money import MAX_MICROS, check_amount
from metering.store.keys import key as key_of
from metering.store.partitions import Partitions
from metering.store.requests import request_hash

_RELEASE_BATCH = 256


@dataclass(frozen=True)
class EarningsBalance:
    """A provider's money at home. `earned` is all that ever came in, less what was clawed back:
    pending + available + requested + paid_out. `held` is the part of pending that clients' open
    reports hold back."""

    currency: str
    earned_micros: int
    pending_micros: int
    held_micros: int
    available_micros: int
    requested_micros: int
    paid_out_micros: int


class Earnings:
    """The earnings of the books, at their providers' homes."""

    def __init__(self, partitions: Partitions, dispute_window_s: int) -> None:
        self._partitions = partitions
        self.dispute_window_s = dispute_window_s

    async def of(self, provider_id: str) -> EarningsBalance:
        """A provider's money at home; shares still on their way are not in it."""
        pending, available, requested, paid_out, held = await self._partitions.scripts.run(
            "earnings/balance", self._partitions.of(provider_id), provider_id
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
        """Makes available what waited out the dispute window. Returns how many calls' shares.

        Raises UnfinishedError after all the others are released.
        """
        items = Items("release")
        waiting = await self._partitions.every("ZCOUNT", "due", "-inf", str(now_ms))
        for home, size in enumerate(waiting):
            if size:
                await self._release_in(home, now_ms, items)
        return items.finish()

    async def release_call(self, home: int, call_id: str, now_ms: int) -> int:
        """The same of one call's share, in its provider's partition `home`; micros.

        Returns 0 when its day has not come.
        """
        released: int = await self._partitions.scripts.run(
            "earnings/release", home, now_ms, call_id
        )
        return released

    async def _release_in(self, home: int, now_ms: int, items: Items) -> None:
        done = _RELEASE_BATCH
        while done == _RELEASE_BATCH:
            try:
                done = await self._partitions.scripts.run("earnings/release", home, now_ms, "")
            except Exception:  # whatever it is, one of these calls is the cause: it is named below
                await self._release_one_by_one(home, now_ms, items)
                return
            items.done += done

    async def _release_one_by_one(self, home: int, now_ms: int, items: Items) -> None:
        calls = await self._partitions.redis.execute_command(
            "ZRANGEBYSCORE", key_of(home, "due"), "-inf", str(now_ms)
        )
        for call in calls:
            name = call.decode()
            await items.attempt(f"call {name}", self.release_call(home, name, now_ms))

    async def adjust(
        self, provider_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> int:
        """Adds to (or, negative, takes from) a provider's available earnings, once per `key`; may
        leave a debt that later earnings make good. Returns what is available now."""
        check_amount(amount_micros, low=-MAX_MICROS)
        home = self._partitions.of(provider_id)
        body = request_hash("adjust", provider_id, amount_micros, note)
        available: int = await self._partitions.scripts.run(
            "earnings/adjust",
            home,
            provider_id,
            f"p:{provider_id}:{key}",
            body,
            now_ms,
            amount_micros,
            note,
        )
        await self._partitions.barrier(home)
        return available
