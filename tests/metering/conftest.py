"""Books on the real server, with the clock in the test's hand."""

from __future__ import annotations

import pytest
import redis.asyncio

from metering.books import Books
from metering.tariff import Tariff
from tests.metering.call_driver import CallDriver

PER_MINUTE = Tariff(
    currency="USD",
    price_micros=300_000,
    period_s=60,
    threshold_s=60,
    threshold_mode="retroactive",
    initial_s=1,
    increment_s=1,
    commission_bps=2000,
    min_minutes=2,
    version=1,
)


@pytest.fixture
def tariff() -> Tariff:
    """0.30 a minute, the first minute a probe, the platform takes a fifth."""
    return PER_MINUTE


@pytest.fixture
async def books(redis_client: redis.asyncio.Redis) -> Books:
    """Books with few partitions: an audit reads all of them."""
    return Books(redis_client, partitions=16, dispute_window_s=3600)


@pytest.fixture
async def driver(books: Books, tariff: Tariff) -> CallDriver:
    """A client alice with 5.00, and a relay that can meter her calls to bob."""
    driver = CallDriver(books, tariff)
    await driver.pay_in(5_000_000)
    return driver
