"""``python -m bench.meter``: how many calls one store can charge every second, how soon.

For each durability (no log, synced every second, synced always) a fresh Valkey runs the same
seconds of the same live calls three ways: this meter, the obvious design (one script call per
session, pipelined through the same client), and the bare loop (this meter's very requests, made
beforehand, sent by a socket that does nothing else: what the store alone can do). The three take
turns, second by second, and the median second of each counts: machines swing.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import socket
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

import hiredis
import redis.asyncio
import uvloop
from msgpack import packb

from bench.meter.live import NOW_MS, PROVIDERS, open_calls
from metering.books import Books
from metering.calls.meter import MAX_BATCH, Meter
from metering.store.keys import PARTITIONS, key
from tipmeet.processes.store import DURABLE_CONFIG, EmbeddedStore

MODES = {
    "off": {"appendonly": "no"},
    "everysec": {"appendonly": "yes", "appendfsync": "everysec"},
    "always": {"appendonly": "yes", "appendfsync": "always"},
}
COMMON = DURABLE_CONFIG
OBVIOUS = (Path(__file__).parent / "obvious.lua").read_text(encoding="utf-8")
OBVIOUS_PIPELINE = 500
OBVIOUS_PLACE = "{obvious}"
# A paced round is cut into slots: a call is due in the slot of its partition.
SLOTS = 20


class Run:
    """One mode's store with its live calls."""

    def __init__(self, url: str, port: int, partitions: int) -> None:
        self.client = redis.asyncio.Redis.from_url(url)
        self.port = port
        self.books = Books(self.client, partitions=partitions)
        self.meter = Meter(self.books.partitions, "bench")
        self.calls: list[str] = []
        self.second = 0

    async def memory(self) -> int:
        info: dict[str, Any] = await self.client.info("memory")
        return int(info["used_memory"])

    async def journal_bytes(self) -> int:
        names = [key(at, "journal") for at in range(self.books.partitions.count)]
        sizes = await asyncio.gather(
            *(self.client.memory_usage(name, samples=0) for name in names[:64])
        )
        return (
            sum(size or 0 for size in sizes) * len(names) // 64
            if len(names) > 64
            else sum(size or 0 for size in sizes)
        )

    async def tick_s(self) -> float:
        """This meter: seconds it takes to charge every call one more second."""
        self.second += 1
        proofs = dict.fromkeys(self.calls, self.second * 1000)
        start = time.perf_counter()
        ticks = await self.meter.tick(proofs, NOW_MS + self.second * 1000)
        elapsed = time.perf_counter() - start
        assert len(ticks) == len(self.calls)
        assert ticks[-1].seconds == self.second
        return elapsed

    async def p99_ms(self, seconds: int) -> float:
        """From the instant a call's second is due to the instant its charge is answered, each
        slot's calls ticked when they are due."""
        slots: list[list[str]] = [[] for _ in range(SLOTS)]
        for call in self.calls:
            slots[self.books.partitions.of_call(call) % SLOTS].append(call)
        late: list[tuple[float, int]] = []
        start = time.perf_counter()
        for at in range(seconds * SLOTS):
            due = start + at / SLOTS
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            if at % SLOTS == 0:
                self.second += 1
            mine = slots[at % SLOTS]
            if mine:
                proofs = dict.fromkeys(mine, self.second * 1000)
                await self.meter.tick(proofs, NOW_MS + self.second * 1000)
                late.append((time.perf_counter() - due, len(mine)))
        return percentile(late, 0.99) * 1000

    def bare_loop_s(self) -> float:
        """The meter's own requests, packed beforehand, sent by nothing but a socket."""
        script = self.books.partitions.scripts.script("calls/tick")
        self.second += 1
        now = NOW_MS + self.second * 1000
        requests: list[bytes] = []
        by_partition: dict[int, list[str]] = {}
        for call in self.calls:
            by_partition.setdefault(self.books.partitions.of_call(call), []).append(call)
        for partition, calls in by_partition.items():
            keys = [key(partition, name) for name in script.keys]
            for first in range(0, len(calls), MAX_BATCH):
                rows: list[str | int] = []
                for call in calls[first : first + MAX_BATCH]:
                    rows += (call, self.second * 1000, 1)
                requests.append(
                    hiredis.pack_command(
                        ("EVALSHA", script.sha, len(keys), *keys, now, "bench", packb(rows))
                    )
                )
        return pump(self.port, requests, at_once=16)

    async def open_obvious(self) -> None:
        """The same calls in the obvious design."""
        for first in range(0, len(self.calls), OBVIOUS_PIPELINE):
            pipeline = self.client.pipeline(transaction=False)
            for call in self.calls[first : first + OBVIOUS_PIPELINE]:
                session: dict[Any, Any] = {"n": 0, "price": 600_000, "period": 60, "bps": 2000}
                pipeline.hset(f"{OBVIOUS_PLACE}:s:{call}", mapping=session)
                pipeline.set(f"{OBVIOUS_PLACE}:c:{call}", 10**12)
            await pipeline.execute()

    async def obvious_s(self, second: int) -> float:
        """One script call per session, pipelined by the same client library."""
        sha, place = await self.client.script_load(OBVIOUS), OBVIOUS_PLACE
        start = time.perf_counter()
        for first in range(0, len(self.calls), OBVIOUS_PIPELINE):
            pipeline = self.client.pipeline(transaction=False)
            for at, call in enumerate(self.calls[first : first + OBVIOUS_PIPELINE]):
                pipeline.execute_command(
                    "EVALSHA",
                    sha,
                    5,
                    f"{place}:s:{call}",
                    f"{place}:c:{call}",
                    f"{place}:p:{at % PROVIDERS}",
                    f"{place}:platform",
                    f"{place}:journal",
                    second,
                )
            await pipeline.execute()
        return time.perf_counter() - start


def pump(port: int, requests: list[bytes], *, at_once: int) -> float:
    """Sends all requests, `at_once` under way, and returns the seconds until the last answer."""
    reader = hiredis.Reader()
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        start = time.perf_counter()
        sent = answered = 0
        while answered < len(requests):
            room = min(len(requests), answered + at_once) - sent
            if room > 0:
                connection.sendall(b"".join(requests[sent : sent + room]))
                sent += room
            reader.feed(connection.recv(1 << 18))
            while (reply := reader.gets()) is not False:
                assert isinstance(reply, bytes)
                answered += 1
        return time.perf_counter() - start


def percentile(weighted: list[tuple[float, int]], share: float) -> float:
    """The value below which `share` of the weight lies."""
    left = share * sum(weight for _, weight in weighted)
    for value, weight in sorted(weighted):
        left -= weight
        if left <= 0:
            return value
    return weighted[-1][0]


async def measure(
    mode: str, calls: int, seconds: int, partitions: int, *, peers: bool = True
) -> dict[str, Any]:
    """One mode, all three ways, on a fresh store."""
    with tempfile.TemporaryDirectory() as folder:
        store = EmbeddedStore(Path(folder), config={**COMMON, **MODES[mode]})
        store.start()
        try:
            run = Run(store.url, store.port, partitions)
            await run.books.partitions.load()
            empty = await run.memory()
            run.calls = await open_calls(run.books, run.meter, calls)
            await run.tick_s()
            used = await run.memory() - empty - await run.journal_bytes()
            gc.collect()
            if peers:
                await run.open_obvious()
            meter, bare, obvious = [], [], []
            for second in range(1, seconds + 1):
                meter.append(await run.tick_s())
                if peers:
                    bare.append(await asyncio.to_thread(run.bare_loop_s))
                    obvious.append(await run.obvious_s(second))
            row: dict[str, Any] = {"ticks_per_s": round(calls / median(meter))}
            if peers:
                row["bare_loop_ticks_per_s"] = round(calls / median(bare))
                row["obvious_ticks_per_s"] = round(calls / median(obvious))
                row["p99_due_to_charged_ms"] = round(await run.p99_ms(max(3, seconds)), 1)
            row["live_calls"] = calls
            row["bytes_per_call"] = round(used / calls)
            await run.client.aclose()
        finally:
            store.stop()
    return row


def show(mode: str, row: dict[str, Any]) -> None:
    ticks, obvious, bare = (row[f"{name}ticks_per_s"] for name in ("", "obvious_", "bare_loop_"))
    print(
        f"{mode:>9} {row['live_calls']:>8} {ticks:>9} {obvious:>9} {bare:>9}"
        f" {ticks / obvious:>11.2f} {ticks / bare:>8.2f}"
        f" {row['p99_due_to_charged_ms']:>8} {row['bytes_per_call']:>7}",
        file=sys.stderr,
    )


async def growth(partitions: int, sizes: list[int]) -> list[tuple[int, float]]:
    """Seconds to tick all of so many calls once: must grow in a straight line."""
    points = []
    for size in sizes:
        seconds = max(3, 20_000 // size)
        row = await measure("everysec", size, seconds, partitions, peers=False)
        points.append((size, size / row["ticks_per_s"]))
    return points


async def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.meter", description=__doc__)
    parser.add_argument("--calls", type=int, default=50_000, help="live calls")
    parser.add_argument(
        "--seconds", type=int, default=5, help="seconds of each call ticked, each way"
    )
    parser.add_argument("--partitions", type=int, default=PARTITIONS)
    parser.add_argument("--modes", default=",".join(MODES), help="of off,everysec,always")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--plot", type=Path, help="write the growth from 100 to 100,000 calls here")
    options = parser.parse_args()
    print(
        "     mode    calls   ticks/s   obvious      bare     of obvious  of bare   p99 ms  B/call",
        file=sys.stderr,
    )
    rows = {}
    for mode in options.modes.split(","):
        rows[mode] = await measure(mode, options.calls, options.seconds, options.partitions)
        show(mode, rows[mode])
    if options.json:
        print(json.dumps(rows))
    if options.plot:
        from bench.meter.plot import draw

        sizes = [100, 300, 1000, 3000, 10_000, 30_000, 100_000]
        await draw(options.plot, await growth(options.partitions, sizes))


if __name__ == "__main__":
    uvloop.run(main())
