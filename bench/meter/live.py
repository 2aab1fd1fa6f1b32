"""Many live calls in the books, opened as fast as the store takes them."""

from __future__ import annotations

from typing import Any

from msgpack import packb

from metering.books import Books
from metering.calls.calls import hot_row
from metering.calls.meter import Meter, _Owned
from metering.tariff import Tariff, hold_micros

# No threshold and a price that every second charges: the busiest a tick can be.
TARIFF = Tariff("USD", 600_000, 60, 0, "retroactive", 1, 1, 2000, 2, 1)
CLIENT_MONEY = 10**12
PROVIDERS = 1000
NOW_MS = 1_700_000_000_000
_PIPELINE = 256


async def open_calls(books: Books, meter: Meter, count: int) -> list[str]:
    """Pays in, opens and adopts `count` calls through the real scripts; returns their ids."""
    calls: list[str] = []
    for first in range(0, count, _PIPELINE):
        clients = [f"client-{at}" for at in range(first, min(first + _PIPELINE, count))]
        ids = [books.calls.new_id(client) for client in clients]
        await _run(books, "wallets/credit", [_credit(books, client) for client in clients])
        await _run(
            books,
            "calls/open",
            [_open(books, *pair, at) for at, pair in enumerate(zip(clients, ids, strict=True))],
        )
        adopted = await _run(
            books,
            "calls/adopt",
            [(books.partitions.of_call(call), (call, meter.owner, 0)) for call in ids],
        )
        for call, (epoch, _, _) in zip(ids, adopted, strict=True):
            meter._owned[call] = _Owned(books.partitions.of_call(call), epoch, 0)
        calls += ids
    return calls


async def _run(books: Books, name: str, batches: list[Any]) -> list[Any]:
    replies = await books.partitions.scripts.run_many(name, batches)
    for reply in replies:
        if isinstance(reply, Exception):
            raise reply
    return replies


def _credit(books: Books, client: str) -> tuple[int, tuple[Any, ...]]:
    request = {
        "client": client,
        "account": "cash",
        "from": "external",
        "amount": CLIENT_MONEY,
        "kind": "top_up",
        "note": "",
        "source": "bench",
        "asked_by": "",
        "expires": 0,
    }
    return books.partitions.of(client), (f"k:{client}:1", "-", NOW_MS, packb(request))


def _open(books: Books, client: str, call: str, at: int) -> tuple[int, tuple[Any, ...]]:
    provider = f"provider-{at % PROVIDERS}"
    request = {
        "hash": "-",
        "tariff": hot_row(TARIFF, -1, client, provider),
        "record": {
            "client": client,
            "provider": provider,
            "service": "bench",
            "tariff": TARIFF.as_list(),
            "probe_limit": 0,
        },
        "hold": hold_micros(TARIFF),
        "paid": True,
        "probe_limit": 0,
    }
    return books.partitions.of(client), (call, NOW_MS, packb(request))
