"""The store is killed under live ticking; what comes back from its disk is whole."""

from __future__ import annotations

import asyncio
from pathlib import Path

import redis.asyncio
from redis.exceptions import RedisError

from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from metering.tariff import Tariff
from tests.metering.call_driver import CallDriver
from tipmeet.processes.store import DURABLE_CONFIG, EmbeddedStore

ROUNDS = 3


async def test_a_killed_store_loses_no_acknowledged_money_and_charges_nothing_twice(
    tmp_path: Path, tariff: Tariff
) -> None:
    store = EmbeddedStore(tmp_path, config=DURABLE_CONFIG)
    store.start()
    client = redis.asyncio.Redis.from_url(store.url)
    driver = CallDriver(Books(client, partitions=4), tariff.without_threshold())
    proven = 0
    try:
        await driver.pay_in(5_000_000)  # acknowledged: must survive
        await driver.answer()
        await driver.books.partitions.barrier(driver.books.partitions.of_call(driver.call))
        for _ in range(ROUNDS):
            ticking = asyncio.create_task(_tick_until_lost(driver, proven))
            await asyncio.sleep(0.3)
            store.kill()
            proven = await ticking
            store.start()
            state = await driver.books.calls.meter(driver.call)
            assert state.seconds <= proven
            report = await audit(driver.books.partitions)
            assert report.ok, report.problems
        # The relay's process still holds all of the proof: the next tick makes good.
        tick = await driver.prove(proven)
        if tick.status == "stale_epoch":  # its adoption was on the lost part of the disk
            driver.meter = Meter(driver.books.partitions, "relay-1")
            await driver.meter.adopt(driver.call, driver.now_ms)
            tick = await driver.prove(proven)
        assert (tick.status, tick.seconds) == ("ok", proven)
        receipt = await driver.hang_up()
        assert receipt.connected_s == proven
        assert await driver.money() == 5_000_000 - receipt.charged_micros
        await driver.assert_audit_clean()
    finally:
        await client.aclose()
        store.kill()


async def _tick_until_lost(driver: CallDriver, proven: int) -> int:
    """Ticks as fast as it goes; returns the seconds proven when the store went away."""
    while proven < 900:
        proven += 1
        try:
            await driver.prove(proven)
        except (RedisError, OSError):
            return proven
        await asyncio.sleep(0.002)
    return proven
