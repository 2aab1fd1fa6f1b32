"""What each piece of the hot paths costs: `pytest bench/pieces.py`, by pytest-benchmark.

The pieces of the meter run against a real store with its log synced every second.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis.asyncio
import uvloop
from pytest_benchmark.fixture import BenchmarkFixture

from bench.meter.live import NOW_MS, TARIFF, open_calls
from mediasrv.call.proof import ProofCounter
from mediasrv.rtp.packet_cache import PacketCache
from mediasrv.transport.srtp import PROFILES, SrtpKeys, SrtpPair
from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.tariff import affordable_seconds, charge_micros, platform_micros
from tipmeet.processes.store import DURABLE_CONFIG, EmbeddedStore

BATCH = 256


class Till:
    """Books of one partition with a full batch of live calls, driven from outside any loop."""

    def __init__(self, store: EmbeddedStore) -> None:
        self.runner = asyncio.Runner(loop_factory=uvloop.new_event_loop)
        self.client = redis.asyncio.Redis.from_url(store.url)
        self.books = Books(self.client, partitions=1)
        self.meter = Meter(self.books.partitions, "bench")
        self.seconds = 0
        self.opened = 0
        self.calls: list[str] = self.run(self._open())

    def run(self, work: Any) -> Any:
        return self.runner.run(work)

    async def _open(self) -> list[str]:
        await self.books.partitions.load()
        return await open_calls(self.books, self.meter, BATCH)

    def tick(self, calls: int) -> None:
        self.seconds += 1
        proofs = dict.fromkeys(self.calls[:calls], self.seconds * 1000)
        ticks = self.run(self.meter.tick(proofs, NOW_MS + self.seconds * 1000))
        assert len(ticks) == calls
        assert ticks[0].seconds == self.seconds

    def one_call(self) -> None:
        """Top-up, open, adopt, one second, end."""
        self.opened += 1
        self.run(self._one_call(f"caller-{self.opened}"))

    async def _one_call(self, client: str) -> None:
        await self.books.wallets.top_up(client, 10**8, key="k", source="bench", now_ms=NOW_MS)
        call = self.books.calls.new_id(client)
        await self.books.calls.open(
            call,
            client_id=client,
            provider_id="provider-1",
            service_id="bench",
            tariff=TARIFF,
            now_ms=NOW_MS,
        )
        await self.meter.adopt(call, NOW_MS)
        await self.meter.tick({call: 1000}, NOW_MS + 1000)
        receipt = await self.books.calls.end(call, "hang_up", now_ms=NOW_MS + 1000)
        assert receipt.charged_micros == charge_micros(TARIFF, 1)
        self.meter.drop(call)

    def close(self) -> None:
        self.run(self.client.aclose())
        self.runner.close()


@pytest.fixture(scope="module")
def till(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Till]:
    folder: Path = tmp_path_factory.mktemp("store")
    store = EmbeddedStore(folder, config=DURABLE_CONFIG)
    store.start()
    till = Till(store)
    yield till
    till.close()
    store.stop()


@pytest.mark.parametrize("calls", [1, 16, 64, BATCH])
def test_tick_of_one_batch(benchmark: BenchmarkFixture, till: Till, calls: int) -> None:
    till.tick(BATCH)  # so that all stand at the same second
    benchmark(till.tick, calls)
    till.tick(BATCH)


def test_a_whole_call_from_top_up_to_receipt(benchmark: BenchmarkFixture, till: Till) -> None:
    benchmark.pedantic(till.one_call, rounds=50)  # type: ignore[no-untyped-call]


def test_audit_of_a_batch_of_live_calls(benchmark: BenchmarkFixture, till: Till) -> None:
    def check() -> None:
        report = till.run(audit(till.books.partitions))
        assert report.ok, report.problems

    benchmark.pedantic(check, rounds=5)  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    "piece",
    [
        lambda: charge_micros(TARIFF, 3601),
        lambda: platform_micros(TARIFF, 3601),
        lambda: affordable_seconds(TARIFF, 25_000_000),
    ],
    ids=["charge", "platform part", "affordable seconds"],
)
def test_tariff_arithmetic(benchmark: BenchmarkFixture, piece: Callable[[], int]) -> None:
    assert benchmark(piece) is not None


def test_a_packet_is_protected_and_opened(benchmark: BenchmarkFixture) -> None:
    """One side's copy in, out and open again: what encryption alone costs, through Python."""
    one, two = secrets.token_bytes(30), secrets.token_bytes(30)
    profile = next(each for each in PROFILES if each.key_length == 16 and each.salt_length == 14)
    sender = SrtpPair(SrtpKeys(profile, receive=one, send=two))
    receiver = SrtpPair(SrtpKeys(profile, receive=two, send=one))
    numbers = itertools.count()
    payload = secrets.token_bytes(1100)

    def there() -> None:
        number = next(numbers)
        packet = struct.pack("!BBHII", 0x80, 96, number & 0xFFFF, number * 90, 1) + payload
        assert receiver.unprotect(sender.protect(packet)) == packet

    benchmark(there)


def test_a_packet_is_kept_for_retransmission(benchmark: BenchmarkFixture) -> None:
    cache, numbers, packet = PacketCache(), itertools.count(), secrets.token_bytes(1112)
    benchmark(lambda: cache.put(next(numbers) & 0xFFFF, packet))


def test_proof_is_read_while_both_sides_are_heard(benchmark: BenchmarkFixture) -> None:
    proof, clock = ProofCounter(), itertools.count()
    for presence in proof.sides:
        presence.silence_ended(0.0)

    def second() -> int:
        for presence in proof.sides:
            presence.heard = float(next(clock))
        return proof.read_ms()

    assert benchmark(second) >= 0
