"""Bugs planted in scripts or Python, each of them caught: the tests can fail.

Every mutant plays the simulation's seeds until an invariant breaks; one that survives all of them
means that the suite would not notice this bug in the real code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import msgpack
import pytest
import redis.asyncio
import redis.exceptions

from metering.books import Books
from metering.calls.meter import Meter, _Owned
from metering.earnings.delivery import Row, Shares
from metering.store.scripts import read_script
from metering.wallets.vouchers import PENDING, Vouchers
from metering.wallets.wallets import Wallet, wallet_of
from tests.metering.model.simulation import PARTITIONS, Simulation

MAX_SEEDS = 120


@dataclass(frozen=True)
class ScriptBug:
    """One change in one script's whole source."""

    script: str
    right: str
    wrong: str
    seed: int = 0  # a world that notices: looked at first, to be quick


SCRIPT_BUGS = {
    "epoch check gone": ScriptBug(
        "calls/tick", "if epoch ~= fence or owner ~= by then", "if false then", 79
    ),
    "watermark moved beyond what the money pays": ScriptBug(
        "calls/tick",
        "n = target",
        "n = floor_div(proof, 1000)",
        5,
    ),
    "watermark not moved": ScriptBug("calls/tick", "n = target", ""),
    "proof lowered": ScriptBug("calls/tick", "reported > proof", "reported ~= proof", 31),
    "float division": ScriptBug("calls/tick", "return (a - a % b) / b", "return a / b"),
    "hold not drawn": ScriptBug(
        "calls/tick", "local from_hold = min(due, hold)", "local from_hold = 0"
    ),
    "journal entry missing": ScriptBug(
        "calls/tick", "journal('charged', now, legs, 'c', cmsgpack.pack(posted_calls))", ""
    ),
    "hold not released": ScriptBug("calls/end", "post(balances, legs, hold, -left)", "left = 0", 2),
    "last charge forgotten": ScriptBug(
        "calls/end", "local charged = charge(t, target)", "local charged = posted", 55
    ),
    "free probe not noted": ScriptBug(
        "calls/end", "redis.call('HSET', K_probe, field, cmsgpack.pack(used))", "", 8
    ),
    "probe limit ignored": ScriptBug("calls/open", "recent = recent + 1", "recent = 0", 8),
    "outbox left empty": ScriptBug(
        "calls/end", "if share > 0 then redis.call('HSET', K_outbox, call, text(share)) end", ""
    ),
    "legs that do not sum to zero": ScriptBug(
        "calls/tick",
        "platform = platform + due - gained",
        "platform = platform + due - gained + due % 2",
        1,
    ),
    "refund above the charge": ScriptBug(
        "calls/refund", "if amount <= 0 or total > receipt.charged then", "if amount <= 0 then", 12
    ),
    "refund without the provider's part": ScriptBug(
        "calls/refund",
        "post(balances, legs, earn, old.share - new.share)",
        "post(balances, legs, 'platform', old.share - new.share)",
        5,
    ),
    "top-up not idempotent": ScriptBug("wallets/credit", "if done then", "if false then", 2),
    "share applied as a difference": ScriptBug(
        "earnings/home", "math.max(old.share, row.share)", "old.share + row.share", 5
    ),
    "promotional hold returned as cash": ScriptBug(
        "calls/end", "math.min(left, math.max(0, t.held_promo - charged))", "0", 4
    ),
    "disputed share released": ScriptBug(
        "earnings/hold_share", "redis.call('ZREM', K_due, call)", "", 5
    ),
    "disputed share released when it comes home later": ScriptBug(
        "earnings/home", "redis.call('HEXISTS', K_contested, call) == 0", "true", 27
    ),
    "share of a closed report forgotten": ScriptBug(
        "earnings/free_share", "redis.call('ZADD', K_due, text(available), call)", "", 87
    ),
    "payout not taken from what was set aside": ScriptBug(
        "earnings/settle_payout",
        "post(balances, legs, set_aside, -payout.amount)",
        "post(balances, legs, avail, -payout.amount)",
        7,
    ),
}


class CountsTwice(Meter):
    """Adds what earlier owners had proven twice when it takes a call over."""

    async def adopt(self, call_id: str, now_ms: int) -> Any:
        adopted = await super().adopt(call_id, now_ms)
        owned = self._owned[call_id]
        self._owned[call_id] = _Owned(
            owned.partition, owned.epoch, owned.base_ms * 2, owned.proof_ms
        )
        return adopted


class ClearsFirst(Shares):
    """Clears the outbox before the share has come home."""

    async def _bring_home(self, partition: int, home: int, rows: list[Row]) -> int:
        claims = [{name: row[name] for name in ("call", "share", "claw")} for row in rows]
        scripts = self._partitions.scripts
        settled: int = await scripts.run("earnings/clear", partition, msgpack.packb(claims))
        await scripts.run("earnings/home", home, self._window_ms, msgpack.packb(rows))
        return settled


class CreditsTheRequest(Vouchers):
    """Credits a voucher by its request's key: two codes under one key share a credit."""

    async def _credit_claim(
        self, client_id: str, digest: str, claim: dict[str, Any], now_ms: int
    ) -> Wallet:
        partition, body = self._partitions.of(client_id), f"{client_id} {digest}"
        request = {
            "client": client_id,
            "account": "cash",
            "from": "external",
            "amount": claim["amount"],
            "kind": "voucher",
            "note": "",
            "source": "",
            "asked_by": "",
            "expires": 0,
        }
        name, packed = f"k:{client_id}:{claim['key']}", msgpack.packb(request)
        scripts = self._partitions.scripts
        row = await scripts.run("wallets/credit", partition, name, body, now_ms, packed)
        await self._partitions.redis.execute_command("HDEL", PENDING, f"{digest}|{client_id}")
        return wallet_of(row, "USD")


def books_with(bug: ScriptBug) -> Callable[[Any], Books]:
    def make(store: Any) -> Books:
        books = Books(store, partitions=PARTITIONS, dispute_window_s=600)
        right = read_script(bug.script)
        assert right.source.count(bug.right) == 1, "the bug must change exactly one place"
        books.partitions.scripts.replace(
            right.with_source(right.source.replace(bug.right, bug.wrong))
        )
        return books

    return make


async def catching_seed(server: redis.asyncio.Redis, first: int, **planted: Any) -> int:
    """The seed of a world that notices, -1 when none does. A crash of the bug counts too."""
    for seed in (first, *range(MAX_SEEDS)):
        try:
            await Simulation(server, seed, **planted).run()
        except (AssertionError, redis.exceptions.ResponseError):
            return seed
    return -1


@pytest.mark.parametrize("name", SCRIPT_BUGS)
async def test_a_bug_in_a_script_is_caught(redis_client: redis.asyncio.Redis, name: str) -> None:
    bug = SCRIPT_BUGS[name]
    seed = await catching_seed(redis_client, bug.seed, make_books=books_with(bug))
    assert seed >= 0, f"no world notices: {name}"


async def test_proof_counted_twice_is_caught(redis_client: redis.asyncio.Redis) -> None:
    assert await catching_seed(redis_client, 3, make_meter=CountsTwice) >= 0


async def test_two_vouchers_that_share_a_credit_are_caught(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metering.books.Vouchers", CreditsTheRequest)
    assert await catching_seed(redis_client, 0) >= 0


async def test_an_outbox_cleared_early_is_caught(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("metering.books.Shares", ClearsFirst)
    assert await catching_seed(redis_client, 55) >= 0
