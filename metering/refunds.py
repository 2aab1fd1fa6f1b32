"""Money given back or taken out: reversing entries, never edits, never above the original."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgpack

from metering.earnings import EarningBook
from metering.errors import UnknownTopUpError
from metering.keys import key as key_of
from metering.ledger import check_amount, request_hash
from metering.types import Refund, Wallet
from metering.wallets import WalletBook


class RefundBook(WalletBook, EarningBook):
    """The refunds and withdrawals of the books."""

    async def refund(
        self, call_id: str, amount_micros: int, *, key: str, note: str, now_ms: int
    ) -> Refund:
        """Gives back a part of an ended call's charge, once per `key`, split as the charge was.

        The platform's and the provider's parts are reversed in proportion; what the provider has
        at home already is clawed back there. Answers the call's refunds in all.
        Raises AboveOriginalError (fact `left`), UnknownCallError (or not ended), DuplicateKeyError.
        """
        partition = self.call_partition(call_id)
        body = request_hash("refund", call_id, check_amount(amount_micros), note)
        facts: dict[str, Any] = await self.scripts.run(
            "refund", partition, call_id, f"r:{call_id}:{key}", body, now_ms, amount_micros, note
        )
        await self.deliver(call_id)
        await self.barrier(partition)
        return Refund(
            call_id=call_id,
            refunded_micros=facts["charged"],
            platform_micros=facts["fee"],
            provider_micros=facts["share"],
            promo_micros=facts["promo"],
        )

    async def refunded(self, call_ids: Sequence[str]) -> dict[str, int]:
        """What was given back of these calls in all, in one round trip; those of which nothing was
        are left out. Raises UnknownCallError for an id of no call of these books."""
        pipeline = self.redis.pipeline(transaction=False)
        for call_id in call_ids:
            pipeline.execute_command(
                "HGET", key_of(self.call_partition(call_id), "refund"), call_id
            )
        answers = await pipeline.execute() if call_ids else []
        found = zip(call_ids, answers, strict=True)
        return {call: msgpack.unpackb(packed)["charged"] for call, packed in found if packed}

    async def refund_under(self, call_id: str, key: str) -> int:
        """How much `refund` gave back of this call under this key; 0 when it did not."""
        place = key_of(self.call_partition(call_id), "idem")
        packed = await self.redis.execute_command("HGET", place, f"r:{call_id}:{key}")
        amount: int = msgpack.unpackb(packed)[2] if packed else 0
        return amount

    async def top_up_left(self, client_id: str, top_up_key: str) -> tuple[int, int]:
        """A top-up's amount by its key, and what of it was reversed already.

        Raises UnknownTopUpError, also for one so long ago that its key is forgotten.
        """
        place = key_of(self.partition(client_id), "idem")
        packed = await self.redis.execute_command("HGET", place, f"k:{client_id}:{top_up_key}")
        if packed is None:
            raise UnknownTopUpError
        _hash, _at_ms, amount, reversed_micros = msgpack.unpackb(packed)
        return amount, reversed_micros

    async def withdraw(
        self,
        client_id: str,
        amount_micros: int,
        *,
        key: str,
        source: str,
        note: str,
        now_ms: int,
        top_up_key: str = "",
    ) -> Wallet:
        """Takes cash out of a wallet, once per `key`: money returned to the client, or a mistaken
        credit reversed. Never what is held, never promotional credit.

        With `top_up_key` it reverses that top-up (a card refund): never above it in all.
        Raises InsufficientFundsError, AboveOriginalError, UnknownTopUpError, DuplicateKeyError.
        """
        partition = self.partition(client_id)
        request = {
            "client": client_id,
            "amount": check_amount(amount_micros),
            "kind": "reversal" if top_up_key else "withdrawal",
            "note": note,
            "source": source,
            "of": f"k:{client_id}:{top_up_key}" if top_up_key else "",
        }
        body = request_hash("withdraw", client_id, amount_micros, source, note, top_up_key)
        row = await self.scripts.run(
            "debit", partition, f"k:{client_id}:{key}", body, now_ms, msgpack.packb(request)
        )
        await self.barrier(partition)
        return self._wallet_of(row)
