"""A provider's share comes home once, however often it is sent."""

from __future__ import annotations

from tests.metering.call_driver import PROVIDER, CallDriver


async def test_a_lost_delivery_is_made_good_and_a_repeated_one_adds_nothing(
    driver: CallDriver,
) -> None:
    books = driver.books
    await driver.answer()
    await driver.prove(61)
    partition = books.partitions.of_call(driver.call)
    await books.partitions.scripts.run(
        "calls/end", partition, driver.call, driver.now_ms, "client_hung_up"
    )
    assert (await books.earnings.of(PROVIDER)).earned_micros == 0
    await driver.assert_audit_clean()
    _, rows = await books.partitions.scripts.run("earnings/outbox", partition, driver.call, "0")
    assert await books.shares.deliver_all() == 1
    assert await books.shares._bring_home(partition, books.partitions.of(PROVIDER), rows) == 1
    assert (await books.earnings.of(PROVIDER)).earned_micros == 244_000
    assert await books.shares.deliver_all() == 0
    await driver.assert_audit_clean()
