"""Vouchers: made by the operator, stored hashed, each use credited exactly once.

A batch's codes come from its seed, so that a batch made again, because its answer was lost, is the
same batch: no voucher is left whose code nobody saw, and no code that was seen stops working.

A redemption crosses slots in three steps: the code's use is claimed for the client, the client's
wallet is credited (once ever for that code and client), the claim is closed. A crash in between
leaves a claim that the client's retry, or `Vouchers.finish`, completes.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from metering.errors import DuplicateKeyError, OutOfRangeError
from metering.items import Items
from metering.money import check_amount
from metering.store.keys import key as key_of
from metering.store.partitions import Partitions
from metering.store.requests import request_hash
from metering.store.rows import MARK
from metering.wallets.codes import SEED_BYTES, code_digest, codes_of
from metering.wallets.wallets import Wallet, wallet_of

MAX_BATCH = 1000
MAX_USES = 10_000
# All vouchers share one slot: they are few, and one list shows them all.
VOUCHERS, CLAIMS, PENDING = "{vouchers}:code", "{vouchers}:claim", "{vouchers}:pending"
SYNC = "{vouchers}:sync"


VoucherState = Literal["open", "spent", "expired"]


@dataclass(frozen=True)
class Voucher:
    """A voucher as the operator sees it: its code is not stored. `id` is the start of its hash."""

    id: str
    amount_micros: int
    uses: int
    used: int
    expires_at_ms: int | None
    note: str
    created_by: str
    created_at_ms: int
    redeemed_by: tuple[str, ...]
    state: VoucherState
    promo: bool


class Vouchers:
    """The vouchers of the books."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def create(
        self,
        amount_micros: int,
        count: int,
        *,
        expires_at_ms: int | None,
        note: str,
        created_by: str,
        now_ms: int,
        uses: int = 1,
        promo: bool = False,
        seed: bytes | None = None,
    ) -> list[str]:
        """Makes `count` codes, each good for `uses` clients; they are not stored.

        With `promo` they give promotional credit. With a `seed` (32 bytes that nobody can guess)
        the same batch again gives the same codes and makes nothing new; another batch from this
        seed is refused. Without one they are shown here and never again.
        Raises OutOfRangeError, DuplicateKeyError.
        """
        check_amount(amount_micros)
        if not 1 <= count <= MAX_BATCH:
            raise OutOfRangeError(f"Make 1 to {MAX_BATCH} vouchers at a time.")
        if not 1 <= uses <= MAX_USES:
            raise OutOfRangeError(f"A voucher has 1 to {MAX_USES} uses.")
        if seed is not None and len(seed) != SEED_BYTES:
            raise OutOfRangeError(f"A seed has {SEED_BYTES} bytes.")
        codes = codes_of(seed or secrets.token_bytes(SEED_BYTES), count)
        record = msgpack.packb(
            {
                "amount": amount_micros,
                "uses": uses,
                "expires": expires_at_ms or 0,
                "note": note,
                "by": created_by,
                "at": now_ms,
                "promo": promo,
                "clients": [],
                "batch": request_hash(
                    amount_micros, count, expires_at_ms or 0, note, created_by, uses, promo
                ),
            }
        )
        digests = msgpack.packb([code_digest(code) for code in codes])
        await self._partitions.scripts.run_on(
            "wallets/create_vouchers", (VOUCHERS,), digests, record
        )
        await self._partitions.barrier_at(SYNC)
        return codes

    async def all(self, *, now_ms: int = 0) -> list[Voucher]:
        """All vouchers, newest first, without their codes; `state` is that of `now_ms`."""
        rows = await self._partitions.redis.execute_command("HGETALL", VOUCHERS)
        found = [
            _voucher_of(digest.decode(), msgpack.unpackb(packed), now_ms)
            for digest, packed in rows.items()
        ]
        return sorted(found, key=lambda voucher: (-voucher.created_at_ms, voucher.id))

    async def redeem(self, client_id: str, code: str, *, key: str, now_ms: int) -> Wallet:
        """Credits a voucher to a client, once ever, whatever crashes. Repeat with the same `key`.

        Two codes sent at once under one key are both credited; one after the other, the second is
        refused. Raises VoucherUnknownError, VoucherSpentError (by this client with another key, or
        by others), VoucherExpiredError, DuplicateKeyError (the key was used for something else).
        """
        digest = code_digest(code)
        place = key_of(self._partitions.of(client_id), "idem")
        redis = self._partitions.redis
        done = await redis.execute_command("HGET", place, f"k:{client_id}:{key}")
        if done and MARK.unpack(done)["hash"] != _body(client_id, digest):
            # Another code's; but this one may have been claimed under the same key at once with it.
            claim = await redis.execute_command("HGET", CLAIMS, f"{digest}|{client_id}")
            if claim is None or msgpack.unpackb(claim)["key"] != key:
                raise DuplicateKeyError
        claimed = await self._claim(client_id, digest, key, now_ms)
        return await self._credit_claim(client_id, digest, claimed, now_ms)

    async def finish(self, *, now_ms: int) -> int:
        """Credits what was claimed but, after a crash, not credited. Returns how many claims.

        Raises UnfinishedError after all the others are credited.
        """
        items = Items("vouchers")
        pending = await self._partitions.redis.execute_command("HGETALL", PENDING)
        for place, packed in pending.items():
            digest, _, client_id = place.decode().partition("|")
            work = self._finish_claim(client_id, digest, packed, now_ms)
            await items.attempt(f"{digest[:12]} of {client_id}", work)
        return items.finish()

    async def _finish_claim(self, client_id: str, digest: str, packed: bytes, now_ms: int) -> int:
        await self._credit_claim(client_id, digest, msgpack.unpackb(packed), now_ms)
        return 1

    async def _credit_claim(
        self, client_id: str, digest: str, claim: dict[str, Any], now_ms: int
    ) -> Wallet:
        """Credits a claim, once ever, by its own name: a request key names a request, and two codes
        that were sent under one must both be credited."""
        partition = self._partitions.of(client_id)
        request = {
            "client": client_id,
            "account": "promo" if claim["promo"] else "cash",
            "from": "platform" if claim["promo"] else "external",
            "amount": claim["amount"],
            "kind": "voucher",
            "note": "",
            "source": f"voucher {digest[:8]}",
            "asked_by": f"k:{client_id}:{claim['key']}",
            "expires": 0,
        }
        row = await self._partitions.scripts.run(
            "wallets/credit",
            partition,
            f"v:{digest}:{client_id}",
            _body(client_id, digest),
            now_ms,
            msgpack.packb(request),
        )
        await self._partitions.barrier(partition)
        await self._partitions.redis.execute_command("HDEL", PENDING, f"{digest}|{client_id}")
        return wallet_of(row, self._partitions.currency)

    async def _claim(self, client_id: str, digest: str, key: str, now_ms: int) -> dict[str, Any]:
        claim: dict[str, Any] = await self._partitions.scripts.run_on(
            "wallets/claim_voucher", (VOUCHERS, CLAIMS, PENDING), digest, client_id, key, now_ms
        )
        return claim


def _body(client_id: str, digest: str) -> str:
    return request_hash("voucher", client_id, digest)


def _voucher_of(digest: str, record: dict[str, Any], now_ms: int) -> Voucher:
    expires = record["expires"] or None
    spent = len(record["clients"]) >= record["uses"]
    expired = expires is not None and expires <= now_ms
    return Voucher(
        id=digest[:12],
        amount_micros=record["amount"],
        uses=record["uses"],
        used=len(record["clients"]),
        expires_at_ms=expires,
        note=record["note"],
        created_by=record["by"],
        created_at_ms=record["at"],
        redeemed_by=tuple(record["clients"]),
        state="spent" if spent else "expired" if expired else "open",
        promo=record["promo"],
    )
