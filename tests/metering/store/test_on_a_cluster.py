"""The books on a real cluster of three primaries, its slots moving under live ticking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import redis.asyncio
from redis.asyncio.cluster import RedisCluster
from redis.exceptions import RedisError

from metering.archive.archive import archive, audit_with_archive
from metering.books import Books
from metering.calls.meter import Meter
from metering.store.keys import key
from metering.tariff import Tariff
from tests.cluster import running_cluster
from tests.metering.call_driver import PROVIDER, CallDriver
from tipmeet.ports import free_port
from tipmeet.processes.store import EmbeddedStore

PARTITIONS = 24


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[EmbeddedStore]]:
    with running_cluster(tmp_path_factory.mktemp("cluster")) as stores:
        yield stores


@pytest.fixture
async def cluster(stores: list[EmbeddedStore]) -> AsyncIterator[RedisCluster]:
    client = RedisCluster(host="127.0.0.1", port=stores[0].port)
    await client.flushall(target_nodes=RedisCluster.PRIMARIES)
    yield client
    await client.aclose()


@pytest.fixture
async def driver(cluster: RedisCluster, tariff: Tariff) -> CallDriver:
    driver = CallDriver(Books(cluster, partitions=PARTITIONS, dispute_window_s=3600), tariff)
    await driver.pay_in(5_000_000)
    return driver


async def test_a_call_is_charged_and_its_share_crosses_primaries(
    driver: CallDriver, cluster: RedisCluster
) -> None:
    provider = next(
        name
        for name in (f"provider-{at}" for at in range(100))
        if cluster.get_node_from_key(key(driver.books.partitions.of(name), "acct"))
        is not cluster.get_node_from_key(key(driver.books.partitions.of("alice"), "acct"))
    )
    call = driver.books.calls.new_id("alice")
    await driver.books.calls.open(
        call,
        client_id="alice",
        provider_id=provider,
        service_id="chess",
        tariff=driver.tariff,
        now_ms=driver.now_ms,
    )
    driver.call = call
    await driver.meter.adopt(call, driver.now_ms)
    assert (await driver.prove(61)).charged_micros == 305_000
    await driver.hang_up()
    assert (await driver.books.earnings.of(provider)).earned_micros == 244_000
    later = driver.now_ms + 10**8
    assert await driver.books.holds.place(call, provider, now_ms=driver.now_ms) == 244_000
    assert [each.call_id for each in await driver.books.holds.all()] == [call]
    await driver.books.upkeep.run(now_ms=later)
    assert (await driver.books.earnings.of(provider)).held_micros == 244_000
    await driver.assert_audit_clean()
    await driver.books.holds.free(call, provider, now_ms=later)
    assert (await driver.books.earnings.of(provider)).available_micros == 244_000
    await driver.assert_audit_clean()


async def test_one_round_ticks_calls_on_every_primary(
    driver: CallDriver, cluster: RedisCluster
) -> None:
    books, meter, proofs = driver.books, Meter(driver.books.partitions, "relay-1"), {}
    for at in range(40):
        client = f"client-{at}"
        await books.partitions.scripts.run(  # without the wait for the disk that a top-up has
            "wallets/credit", books.partitions.of(client), f"k:{client}:1", "-", 1, _credit(client)
        )
        call = books.calls.new_id(client)
        await books.calls.open(
            call,
            client_id=client,
            provider_id=PROVIDER,
            service_id="chess",
            tariff=driver.tariff,
            now_ms=driver.now_ms,
        )
        await meter.adopt(call, driver.now_ms)
        proofs[call] = 61_000
    ticks = await meter.tick(proofs, driver.now_ms)
    assert {tick.charged_micros for tick in ticks} == {305_000}
    assert len(ticks) == 40
    await cluster.execute_command("SCRIPT FLUSH", target_nodes=RedisCluster.PRIMARIES)
    ticks = await meter.tick(dict.fromkeys(proofs, 62_000), driver.now_ms)
    assert {tick.seconds for tick in ticks} == {62}
    await driver.assert_audit_clean()


async def test_vouchers_archive_and_upkeep_work_across_slots(
    driver: CallDriver, tmp_path: Path
) -> None:
    (code,) = await driver.books.vouchers.create(
        1000, 1, expires_at_ms=None, note="", created_by="op", now_ms=1
    )
    wallet = await driver.books.vouchers.redeem("carol", code, key="k", now_ms=2)
    assert wallet.available_micros == 1000
    await driver.talk(61)
    await driver.books.upkeep.run(now_ms=driver.now_ms + 10**8)
    await archive(
        driver.books.partitions, tmp_path, now_ms=10**14, keep_journal_ms=0, keep_records_ms=10**15
    )
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert report.ok, report.problems


async def test_a_slot_moves_to_another_primary_under_live_ticking(
    driver: CallDriver, cluster: RedisCluster, stores: list[EmbeddedStore]
) -> None:
    await driver.answer()
    await driver.prove(61)
    place = key(driver.books.partitions.of_call(driver.call), "acct")
    slot = cluster.keyslot(place)
    node = cluster.get_node_from_key(place)
    assert node is not None
    (source,) = (store for store in stores if store.port == node.port)
    target = next(store for store in stores if store is not source)
    proven = 61

    async def tick() -> bool:
        """A second passes. While its slot is half way no script may run: the next makes good."""
        nonlocal proven
        proven += 1
        try:
            tick = await driver.prove(proven)
        except RedisError:
            return False
        return (tick.status, tick.seconds) == ("ok", proven)

    async with (
        redis.asyncio.Redis.from_url(source.url) as old,
        redis.asyncio.Redis.from_url(target.url) as new,
    ):
        old_id, new_id = [
            (await each.execute_command("CLUSTER", "MYID")).decode() for each in (old, new)
        ]
        await new.execute_command("CLUSTER", "SETSLOT", slot, "IMPORTING", old_id)
        await old.execute_command("CLUSTER", "SETSLOT", slot, "MIGRATING", new_id)
        await tick()
        names = await old.execute_command("CLUSTER", "GETKEYSINSLOT", slot, 100)
        # All keys of a partition in one step: a script never meets half of them.
        await old.execute_command("MIGRATE", "127.0.0.1", target.port, "", 0, 5000, "KEYS", *names)
        await tick()
        for each in (new, old):
            await each.execute_command("CLUSTER", "SETSLOT", slot, "NODE", new_id)
    assert await tick()
    receipt = await driver.hang_up()
    assert receipt.connected_s == proven
    await driver.assert_audit_clean()


async def test_a_replica_takes_over_under_live_ticking(
    driver: CallDriver,
    cluster: RedisCluster,
    stores: list[EmbeddedStore],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    await driver.answer()
    await driver.prove(61)
    node = cluster.get_node_from_key(key(driver.books.partitions.of_call(driver.call), "acct"))
    assert node is not None
    (primary,) = (store for store in stores if store.port == node.port)
    bus = str(free_port())
    config = {"cluster-enabled": "yes", "cluster-port": bus, "appendonly": "yes", "save": ""}
    replica = EmbeddedStore(tmp_path_factory.mktemp("replica"), config=config)
    replica.start()
    try:
        async with (
            redis.asyncio.Redis.from_url(primary.url) as old,
            redis.asyncio.Redis.from_url(replica.url) as new,
        ):
            primary_id = (await old.execute_command("CLUSTER", "MYID")).decode()
            await old.execute_command("CLUSTER", "MEET", "127.0.0.1", replica.port, bus)
            await _until(lambda: new.execute_command("CLUSTER", "REPLICATE", primary_id))
            await _until(lambda: _in_step(new))
            await new.execute_command("CLUSTER", "FAILOVER")
            await _until(lambda: _is_primary(new))
            await _until(lambda: driver.prove(62))
            receipt = await driver.hang_up()
            assert receipt.connected_s == 62
            await driver.assert_audit_clean()
            # Back, so that the other tests find three primaries.
            await _until(lambda: _in_step(old))
            await old.execute_command("CLUSTER", "FAILOVER")
            await _until(lambda: _is_primary(old))
            await cluster.aclose()
    finally:
        replica.stop()


async def _until(step: Callable[[], Awaitable[object]]) -> None:
    """Tries a step until it works: a cluster agrees on things in its own time."""
    deadline = time.monotonic() + 30
    while True:
        try:
            if await step():
                return
        except (RedisError, OSError):
            pass
        assert time.monotonic() < deadline, "the cluster does not settle"
        await asyncio.sleep(0.05)


async def _in_step(client: redis.asyncio.Redis) -> bool:
    info = await client.info("replication")
    return info["role"] == "slave" and info["master_link_status"] == "up"


async def _is_primary(client: redis.asyncio.Redis) -> bool:
    info = await client.info("replication")
    return bool(info["role"] == "master")


def _credit(client: str) -> bytes:
    import msgpack

    request: bytes = msgpack.packb(
        {
            "client": client,
            "account": "cash",
            "from": "external",
            "amount": 5_000_000,
            "kind": "top_up",
            "note": "",
            "source": "test",
            "asked_by": "",
            "expires": 0,
        }
    )
    return request
