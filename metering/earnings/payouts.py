"""Payouts: asked for by providers, paid or rejected by the operator."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from metering.errors import UnknownPayoutError
from metering.money import check_amount
from metering.store.keys import key as key_of
from metering.store.partitions import Partitions
from metering.store.requests import request_hash

PayoutState = Literal["requested", "paid", "rejected"]


@dataclass(frozen=True)
class Payout:
    """Earnings a provider asked to be paid out."""

    id: str
    provider_id: str
    amount_micros: int
    state: PayoutState
    requested_at_ms: int
    note: str
    settled_at_ms: int | None
    answer: str


class Payouts:
    """The payouts of the books."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def request(
        self, provider_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> Payout:
        """Sets available earnings aside to be paid out, once per `key`.

        Raises InsufficientFundsError, DuplicateKeyError, OutOfRangeError.
        """
        home = self._partitions.of(provider_id)
        body = request_hash("payout", provider_id, check_amount(amount_micros), note)
        fresh = f"{home:04x}-{secrets.token_hex(6)}"
        payout_id = await self._partitions.scripts.run(
            "earnings/request_payout",
            home,
            fresh,
            provider_id,
            f"p:{provider_id}:{key}",
            body,
            now_ms,
            amount_micros,
            note,
        )
        await self._partitions.barrier(home)
        return await self.get(payout_id)

    async def settle(
        self, payout_id: str, verdict: Literal["paid", "rejected"], *, note: str, now_ms: int
    ) -> Payout:
        """The operator paid it, or rejects it (the money is available again). Idempotent.

        Raises UnknownPayoutError, WrongStateError (it was settled the other way).
        """
        home = self._payout_home(payout_id)
        facts = await self._partitions.scripts.run(
            "earnings/settle_payout", home, payout_id, verdict, now_ms, note
        )
        await self._partitions.barrier(home)
        return _payout_of(payout_id, facts)

    async def get(self, payout_id: str) -> Payout:
        """Raises UnknownPayoutError."""
        place = key_of(self._payout_home(payout_id), "payouts")
        packed = await self._partitions.redis.execute_command("HGET", place, payout_id)
        if packed is None:
            raise UnknownPayoutError
        return _payout_of(payout_id, msgpack.unpackb(packed))

    async def all(self, provider_id: str | None = None) -> list[Payout]:
        """All payouts, or a provider's, newest first."""
        if provider_id is None:
            pages = await self._partitions.every("HGETALL", "payouts")
        else:
            home = key_of(self._partitions.of(provider_id), "payouts")
            pages = [await self._partitions.redis.execute_command("HGETALL", home)]
        found = [
            _payout_of(payout_id.decode(), msgpack.unpackb(packed))
            for page in pages
            for payout_id, packed in page.items()
        ]
        chosen = [each for each in found if provider_id in (None, each.provider_id)]
        return sorted(chosen, key=lambda each: (-each.requested_at_ms, each.id))

    def _payout_home(self, payout_id: str) -> int:
        head, dash, tail = payout_id.partition("-")
        try:
            home = int(head, 16)
        except ValueError:
            raise UnknownPayoutError from None
        if not (dash and tail) or not 0 <= home < self._partitions.count:
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
