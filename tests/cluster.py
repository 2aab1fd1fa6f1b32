"""A real cluster of three Valkey primaries, from the embedded binary."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis.asyncio

from tipmeet.ports import free_port
from tipmeet.processes.store import EmbeddedStore

PRIMARIES = 3
SLOTS = 16_384


@contextmanager
def running_cluster(folder: Path) -> Iterator[list[EmbeddedStore]]:
    """The primaries, their logs on, all slots served."""
    started: list[tuple[EmbeddedStore, str]] = []
    try:
        for at in range(PRIMARIES):
            config = {
                "cluster-enabled": "yes",
                "cluster-port": str(free_port()),
                "cluster-node-timeout": "3000",
                "appendonly": "yes",
                "save": "",
            }
            store = EmbeddedStore(folder / f"primary{at}", config=config)
            store.start()
            started.append((store, config["cluster-port"]))
        asyncio.run(_join(started))
        yield [store for store, _ in started]
    finally:
        for store, _ in started:
            store.stop()


async def _join(stores: list[tuple[EmbeddedStore, str]]) -> None:
    clients = [redis.asyncio.Redis.from_url(store.url) for store, _ in stores]
    for at, client in enumerate(clients):
        first, last = at * SLOTS // PRIMARIES, (at + 1) * SLOTS // PRIMARIES - 1
        await client.execute_command("CLUSTER", "ADDSLOTSRANGE", first, last)
        await client.execute_command("CLUSTER", "SET-CONFIG-EPOCH", at + 1)
    for store, bus in stores[1:]:
        await clients[0].execute_command("CLUSTER", "MEET", "127.0.0.1", store.port, bus)
    deadline = time.monotonic() + 60
    for client in clients:
        while b"cluster_state:ok" not in await cluster_info(client):
            assert time.monotonic() < deadline, "the cluster does not form"
            await asyncio.sleep(0.05)
        await client.aclose()


async def cluster_info(client: redis.asyncio.Redis) -> bytes:
    """CLUSTER INFO as the server sends it."""
    answer = await client.execute_command("CLUSTER", "INFO")
    if isinstance(answer, dict):
        return b"cluster_state:" + str(answer["cluster_state"]).encode()
    return bytes(answer)
