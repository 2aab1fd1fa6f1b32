"""A client who wants to pay more than they said raises the cap of the running call."""

from __future__ import annotations

import pytest

from metering.errors import CallEndedError, OutOfRangeError, UnknownCallError
from tests.metering.call_driver import CallDriver


async def test_a_raised_cap_counts_from_the_next_tick(driver: CallDriver) -> None:
    await driver.answer(spending_cap_micros=1_000_000)
    assert (await driver.prove(500)).status == "exhausted"
    assert await driver.books.calls.raise_cap(driver.call, 2_000_000) == 2_000_000
    tick = await driver.prove(300)
    assert (tick.status, tick.seconds) == ("exhausted", 400), "the proof of 500 s was there already"
    receipt = await driver.hang_up("spend_cap")
    assert (receipt.charged_micros, receipt.spending_cap_micros) == (2_000_000, 2_000_000)
    await driver.assert_audit_clean()


async def test_a_lifted_cap_leaves_the_money_as_the_end(driver: CallDriver) -> None:
    await driver.answer(spending_cap_micros=1_000_000)
    assert await driver.books.calls.raise_cap(driver.call, None) is None
    tick = await driver.prove(1200)
    assert (tick.status, tick.seconds, tick.balance_micros) == ("exhausted", 1000, 0)
    receipt = await driver.hang_up("balance_exhausted")
    assert receipt.spending_cap_micros is None
    await driver.assert_audit_clean()


async def test_a_cap_is_never_lowered_nor_given_to_a_call_without_one(driver: CallDriver) -> None:
    await driver.answer(spending_cap_micros=1_000_000)
    assert await driver.books.calls.raise_cap(driver.call, 2_000_000) == 2_000_000
    assert await driver.books.calls.raise_cap(driver.call, 1_500_000) == 2_000_000
    await driver.hang_up()
    await driver.answer()
    assert await driver.books.calls.raise_cap(driver.call, 1_000_000) is None
    assert (await driver.prove(300)).seconds == 300


async def test_only_a_live_call_has_a_cap_to_raise(driver: CallDriver) -> None:
    await driver.answer(spending_cap_micros=1_000_000)
    with pytest.raises(OutOfRangeError):
        await driver.books.calls.raise_cap(driver.call, -1)
    await driver.hang_up()
    with pytest.raises(CallEndedError):
        await driver.books.calls.raise_cap(driver.call, 2_000_000)
    with pytest.raises(UnknownCallError):
        await driver.books.calls.raise_cap(driver.books.calls.new_id("client"), 2_000_000)
