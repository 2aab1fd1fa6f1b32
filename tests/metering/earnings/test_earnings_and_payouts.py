"""A provider's share comes home once, waits out the dispute window, and is paid out or not."""

from __future__ import annotations

import pytest

from metering.errors import (
    DuplicateKeyError,
    InsufficientFundsError,
    OutOfRangeError,
    UnknownPayoutError,
    WrongStateError,
)
from tests.metering.call_driver import PROVIDER, CallDriver


async def test_earnings_become_available_after_the_dispute_window(driver: CallDriver) -> None:
    await driver.talk(61)
    assert await driver.books.earnings.release(now_ms=driver.now_ms + 3_599_999) == 0
    assert (await driver.books.earnings.of(PROVIDER)).pending_micros == 244_000
    assert await driver.books.earnings.release(now_ms=driver.now_ms + 3_600_000) == 1
    earnings = await driver.books.earnings.of(PROVIDER)
    assert (earnings.pending_micros, earnings.available_micros) == (0, 244_000)
    await driver.assert_audit_clean()


async def test_a_payout_is_asked_for_once_and_paid_once(driver: CallDriver) -> None:
    await driver.talk(61)
    books, later = driver.books, driver.now_ms + 3_600_000
    with pytest.raises(InsufficientFundsError):
        await books.payouts.request(PROVIDER, 1, key="p", note="", now_ms=later)
    await books.earnings.release(now_ms=later)
    payout = await books.payouts.request(PROVIDER, 200_000, key="p", note="", now_ms=later)
    assert await books.payouts.request(PROVIDER, 200_000, key="p", note="", now_ms=later) == payout
    with pytest.raises(DuplicateKeyError):
        await books.payouts.request(PROVIDER, 1, key="p", note="", now_ms=later)
    for _ in range(2):
        paid = await books.payouts.settle(payout.id, "paid", note="bank 7", now_ms=later)
    assert (paid.state, paid.answer) == ("paid", "bank 7")
    with pytest.raises(WrongStateError):
        await books.payouts.settle(payout.id, "rejected", note="", now_ms=later)
    earnings = await books.earnings.of(PROVIDER)
    assert (earnings.available_micros, earnings.paid_out_micros) == (44_000, 200_000)
    assert earnings.earned_micros == 244_000
    assert await books.payouts.all() == await books.payouts.all(PROVIDER) == [paid]
    assert await books.payouts.all("nobody") == []
    await driver.assert_audit_clean()


async def test_a_rejected_payout_is_available_again(driver: CallDriver) -> None:
    books = driver.books
    await books.earnings.adjust(PROVIDER, 500, key="bonus", note="", now_ms=1)
    payout = await books.payouts.request(PROVIDER, 500, key="p", note="", now_ms=2)
    assert (await books.earnings.of(PROVIDER)).requested_micros == 500
    await books.payouts.settle(payout.id, "rejected", note="no bank", now_ms=3)
    assert (await books.earnings.of(PROVIDER)).available_micros == 500
    lines = await books.statements.lines(PROVIDER, "provider")
    assert [line.kind for line in lines] == ["payout_rejected", "payout_requested", "adjustment"]
    await driver.assert_audit_clean()


async def test_an_adjustment_counts_once_and_may_leave_a_debt(driver: CallDriver) -> None:
    books = driver.books
    for _ in range(2):
        assert await books.earnings.adjust(PROVIDER, -70, key="a", note="x", now_ms=1) == -70
    with pytest.raises(OutOfRangeError):
        await books.earnings.adjust(PROVIDER, 0, key="b", note="x", now_ms=1)
    with pytest.raises(InsufficientFundsError):
        await books.payouts.request(PROVIDER, 1, key="p", note="", now_ms=2)
    await driver.assert_audit_clean()


@pytest.mark.parametrize("payout_id", ["", "x", "0001-", "ffff-00", "0001-00", "zz-1", "-1-2"])
async def test_unknown_payouts_are_refused(driver: CallDriver, payout_id: str) -> None:
    with pytest.raises(UnknownPayoutError):
        await driver.books.payouts.settle(payout_id, "paid", note="", now_ms=1)


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
