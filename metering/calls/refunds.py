"""Money given back of a call: reversing entries, never edits, never above the original."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

from metering.earnings.delivery import Shares
from metering.money import check_amount
from metering.store.keys import key as key_of
from metering.store.partitions import Partitions
from metering.store.requests import request_hash
from metering.store.rows import MARK


@dataclass(frozen=True)
class Refund:
    """What was given back of a call in all, as it was split: platform + provider = refunded;
    `promo` of it went back as promotional credit."""

    call_id: str
    refunded_micros: int
    platform_micros: int
    provider_micros: int
    promo_micros: int


class Refunds:
    """The refunds of the books."""

    def __init__(self, partitions: Partitions, shares: Shares) -> None:
        self._partitions = partitions
        self._shares = shares

    async def give(
        self, call_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> Refund:
        """Gives back a part of an ended call's charge, once per `key`, split as the charge was.

        The platform's and the provider's parts are reversed in proportion; what the provider has
        at home already is clawed back there. Answers the call's refunds in all.
        Raises AboveOriginalError (fact `left`), UnknownCallError (or not ended), DuplicateKeyError.
        """
        partition = self._partitions.of_call(call_id)
        body = request_hash("refund", call_id, check_amount(amount_micros), note)
        facts: dict[str, Any] = await self._partitions.scripts.run(
            "calls/refund",
            partition,
            call_id,
            f"r:{call_id}:{key}",
            body,
            now_ms,
            amount_micros,
            note,
        )
        await self._shares.deliver(call_id)
        await self._partitions.barrier(partition)
        return Refund(
            call_id=call_id,
            refunded_micros=facts["charged"],
            platform_micros=facts["fee"],
            provider_micros=facts["share"],
            promo_micros=facts["promo"],
        )

    async def of_calls(self, call_ids: Sequence[str]) -> dict[str, int]:
        """What was given back of these calls in all, in one round trip; those of which nothing was
        are left out. Raises UnknownCallError for an id of no call of these books."""
        pipeline = self._partitions.redis.pipeline(transaction=False)
        for call_id in call_ids:
            pipeline.execute_command(
                "HGET", key_of(self._partitions.of_call(call_id), "refund"), call_id
            )
        answers = await pipeline.execute() if call_ids else []
        found = zip(call_ids, answers, strict=True)
        return {call: msgpack.unpackb(packed)["charged"] for call, packed in found if packed}

    async def under(self, call_id: str, key: str) -> int:
        """How much `give` gave back of this call under this key; 0 when it did not."""
        place = key_of(self._partitions.of_call(call_id), "idem")
        packed = await self._partitions.redis.execute_command("HGET", place, f"r:{call_id}:{key}")
        amount: int = MARK.unpack(packed)["result"] if packed else 0
        return amount
