"""Clients' money: wallets, top-ups, and the statements of both kinds of owner."""

from __future__ import annotations

from typing import Any

import msgpack

from metering.keys import key
from metering.ledger import Ledger, check_amount, request_hash
from metering.types import Entry, OwnerKind, Wallet

MAX_STATEMENT = 10_000


class WalletBook(Ledger):
    """The wallets of the books."""

    async def wallet(self, client_id: str) -> Wallet:
        """A client's money; one who never had any has an empty wallet."""
        row = await self.scripts.run("wallet", self.partition(client_id), client_id, "", 0)
        return self._wallet_of(row)

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
        `expires_at_ms` goes back to the platform (`expire_promo`).
        Raises OutOfRangeError, DuplicateKeyError (same key, another body).
        """
        partition = self.partition(client_id)
        request = {
            "client": client_id,
            "account": "promo" if promo else "cash",
            "from": "platform" if promo else "external",
            "amount": check_amount(amount_micros),
            "kind": "promo" if promo else "top_up",
            "note": note,
            "source": source,
            "once": "",
            "expires": expires_at_ms or 0,
        }
        body = request_hash(
            "top_up", client_id, amount_micros, source, note, promo, expires_at_ms or 0
        )
        row = await self.scripts.run(
            "credit", partition, f"k:{client_id}:{key}", body, now_ms, msgpack.packb(request)
        )
        await self.barrier(partition)
        return self._wallet_of(row)

    async def statement(
        self,
        owner_id: str,
        kind: OwnerKind,
        limit: int = 50,
        *,
        from_ms: int = 0,
        to_ms: int | None = None,
        before: Entry | None = None,
    ) -> list[Entry]:
        """An owner's lines, newest first, of [from_ms, to_ms) where given; for the next page give
        the last line of this one as `before`.

        A client sees one line per call, not one per second. `kind` says which side of an account
        that is both client and provider is meant.
        """
        low = f"[{kind}:{owner_id}\0{from_ms:015d}".encode()
        high = f"({kind}:{owner_id}\0".encode()
        if before is not None:
            ms, _, seq = before.id.partition("-")
            high += b"%015d\0%015d%06d" % (before.at_ms, int(ms), int(seq))
        else:
            high += b"\xff" if to_ms is None else b"%015d" % to_ms
        members = await self.redis.execute_command(
            "ZREVRANGEBYLEX",
            key(self.partition(owner_id), "stmt"),
            high,
            low,
            "LIMIT",
            0,
            max(0, min(limit, MAX_STATEMENT)),
        )
        return [_entry_of(member) for member in members]

    def _wallet_of(self, row: list[int]) -> Wallet:
        cash, promo, held = row[:3]
        return Wallet(self.currency, cash + promo, held, promo)


def _entry_of(member: bytes) -> Entry:
    # The line comes after three NUL-terminated parts: owner, time, place in the journal.
    line: dict[str, Any] = msgpack.unpackb(member.split(b"\0", 3)[3])
    return Entry(
        id=line["id"],
        at_ms=line["at"],
        kind=line["kind"],
        amount_micros=line["amount"],
        call=line.get("call"),
        note=line.get("note", ""),
        balance_micros=line.get("balance"),
    )
