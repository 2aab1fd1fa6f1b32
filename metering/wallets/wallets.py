"""Clients' money: what a wallet holds, what comes in, what is taken out again."""

from __future__ import annotations

from dataclasses import dataclass

import msgpack

from metering.errors import UnknownTopUpError
from metering.money import check_amount
from metering.store.keys import key as key_of
from metering.store.partitions import Partitions
from metering.store.requests import request_hash
from metering.store.rows import MARK


@dataclass(frozen=True)
class Wallet:
    """A client's money. `available` can be spent (promotional credit included), `held` is reserved
    for the call that is open."""

    currency: str
    available_micros: int
    held_micros: int
    promo_micros: int


class Wallets:
    """The wallets of the books."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def of(self, client_id: str) -> Wallet:
        """A client's money; one who never had any has an empty wallet."""
        row = await self._partitions.scripts.run(
            "wallets/wallet", self._partitions.of(client_id), client_id, "", 0
        )
        return wallet_of(row, self._partitions.currency)

    async def top_up(
        self,
        client_id: str,
        amount_micros: int,
        *,
        key: str,
        source: str,
        note: str = "",
        now_ms: int,
        promo: bool = False,
        expires_at_ms: int | None = None,
    ) -> Wallet:
        """Puts money into a wallet, once per `key`; on disk when this returns.

        `source` says where it came from ("operator", "stripe", …). With `promo` it is promotional
        credit: paid for by the platform, spent first, never paid out, and what is unspent after
        `expires_at_ms` goes back to the platform (`Promo.expire`).
        Raises OutOfRangeError, DuplicateKeyError (same key, another body).
        """
        partition = self._partitions.of(client_id)
        request = {
            "client": client_id,
            "account": "promo" if promo else "cash",
            "from": "platform" if promo else "external",
            "amount": check_amount(amount_micros),
            "kind": "promo" if promo else "top_up",
            "note": note,
            "source": source,
            "asked_by": "",
            "expires": expires_at_ms or 0,
        }
        body = request_hash(
            "top_up", client_id, amount_micros, source, note, promo, expires_at_ms or 0
        )
        row = await self._partitions.scripts.run(
            "wallets/credit",
            partition,
            f"k:{client_id}:{key}",
            body,
            now_ms,
            msgpack.packb(request),
        )
        await self._partitions.barrier(partition)
        return wallet_of(row, self._partitions.currency)

    async def top_up_left(self, client_id: str, top_up_key: str) -> tuple[int, int]:
        """A top-up's amount by its key, and what of it was reversed already.

        Raises UnknownTopUpError, also for one so long ago that its key is forgotten.
        """
        place = key_of(self._partitions.of(client_id), "idem")
        packed = await self._partitions.redis.execute_command(
            "HGET", place, f"k:{client_id}:{top_up_key}"
        )
        if packed is None:
            raise UnknownTopUpError
        mark = MARK.unpack(packed)
        return mark["result"], mark["reversed"]

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
        partition = self._partitions.of(client_id)
        request = {
            "client": client_id,
            "amount": check_amount(amount_micros),
            "kind": "reversal" if top_up_key else "withdrawal",
            "note": note,
            "source": source,
            "of": f"k:{client_id}:{top_up_key}" if top_up_key else "",
        }
        body = request_hash("withdraw", client_id, amount_micros, source, note, top_up_key)
        row = await self._partitions.scripts.run(
            "wallets/debit", partition, f"k:{client_id}:{key}", body, now_ms, msgpack.packb(request)
        )
        await self._partitions.barrier(partition)
        return wallet_of(row, self._partitions.currency)


def wallet_of(row: list[int], currency: str) -> Wallet:
    """From what a script answers, {cash, promo, held}."""
    cash, promo, held = row[:3]
    return Wallet(currency, cash + promo, held, promo)
