"""Earnings become available after the dispute window, are asked for, and are paid or rejected."""

from __future__ import annotations

import secrets
from typing import Any, Literal

import msgpack

from metering.earnings import EarningBook
from metering.errors import UnknownPayoutError
from metering.keys import key as key_of
from metering.ledger import check_amount, request_hash
from metering.money import MAX_MICROS
from metering.types import Payout

_RELEASE_BATCH = 256


class PayoutBook(EarningBook):
    """The payouts of the books."""

    async def release_earnings(self, *, now_ms: int) -> int:
        """Makes available what waited out the dispute window. Returns how many calls' shares."""
        waiting = await self.every_partition("ZCOUNT", "due", "-inf", str(now_ms))
        released = 0
        for partition, size in enumerate(waiting):
            released += await self.release_in(partition, now_ms) if size else 0
        return released

    async def release_in(self, home: int, now_ms: int) -> int:
        """The same in one home partition."""
        released, done = 0, _RELEASE_BATCH
        while done == _RELEASE_BATCH:
            done = await self.scripts.run("release", home, now_ms)
            released += done
        return released

    async def request_payout(
        self, provider_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> Payout:
        """Sets available earnings aside to be paid out, once per `key`.

        Raises InsufficientFundsError, DuplicateKeyError, OutOfRangeError.
        """
        home = self.partition(provider_id)
        body = request_hash("payout", provider_id, check_amount(amount_micros), note)
        fresh = f"{home:04x}-{secrets.token_hex(6)}"
        payout_id = await self.scripts.run(
            "payout",
            home,
            fresh,
            provider_id,
            f"p:{provider_id}:{key}",
            body,
            now_ms,
            amount_micros,
            note,
        )
        await self.barrier(home)
        return await self.payout(payout_id)

    async def settle_payout(
        self, payout_id: str, verdict: Literal["paid", "rejected"], *, note: str, now_ms: int
    ) -> Payout:
        """The operator paid it, or rejects it (the money is available again). Idempotent.

        Raises UnknownPayoutError, WrongStateError (it was settled the other way).
        """
        home = self._payout_home(payout_id)
        facts = await self.scripts.run("settle", home, payout_id, verdict, now_ms, note)
        await self.barrier(home)
        return _payout_of(payout_id, facts)

    async def payout(self, payout_id: str) -> Payout:
        """Raises UnknownPayoutError."""
        place = key_of(self._payout_home(payout_id), "payouts")
        packed = await self.redis.execute_command("HGET", place, payout_id)
        if packed is None:
            raise UnknownPayoutError
        return _payout_of(payout_id, msgpack.unpackb(packed))

    async def payouts(self, provider_id: str | None = None) -> list[Payout]:
        """All payouts, or a provider's, newest first."""
        if provider_id is None:
            pages = await self.every_partition("HGETALL", "payouts")
        else:
            home = key_of(self.partition(provider_id), "payouts")
            pages = [await self.redis.execute_command("HGETALL", home)]
        found = [
            _payout_of(payout_id.decode(), msgpack.unpackb(packed))
            for page in pages
            for payout_id, packed in page.items()
        ]
        chosen = [each for each in found if provider_id in (None, each.provider_id)]
        return sorted(chosen, key=lambda each: (-each.requested_at_ms, each.id))

    async def adjust_earnings(
        self, provider_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> int:
        """Adds to (or, negative, takes from) a provider's available earnings, once per `key`; may
        leave a debt that later earnings make good. Returns what is available now."""
        check_amount(amount_micros, low=-MAX_MICROS)
        home = self.partition(provider_id)
        body = request_hash("adjust", provider_id, amount_micros, note)
        available: int = await self.scripts.run(
            "adjust", home, provider_id, f"p:{provider_id}:{key}", body, now_ms, amount_micros, note
        )
        await self.barrier(home)
        return available

    def _payout_home(self, payout_id: str) -> int:
        head, dash, tail = payout_id.partition("-")
        try:
            home = int(head, 16)
        except ValueError:
            raise UnknownPayoutError from None
        if not (dash and tail) or not 0 <= home < self.partitions:
            raise UnknownPayoutError
        return home


def _payout_of(payout_id: str, facts: dict[str, Any]) -> Payout:
    return Payout(
        id=payout_id,
        provider_id=facts["provider"],
        amount_micros=facts["amount"],
        state=facts["state"],
        requested_at_ms=facts["at"],
        note=facts["note"],
        settled_at_ms=facts["settled_at"] or None,
        answer=facts["answer"],
    )
