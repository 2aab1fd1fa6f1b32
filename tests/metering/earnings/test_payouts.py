"""A payout is asked for once per key, then paid or rejected once."""

from __future__ import annotations

import pytest

from metering.errors import (
    DuplicateKeyError,
    InsufficientFundsError,
    UnknownPayoutError,
    WrongStateError,
)
from tests.metering.call_driver import PROVIDER, CallDriver


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


@pytest.mark.parametrize("payout_id", ["", "x", "0001-", "ffff-00", "0001-00", "zz-1", "-1-2"])
async def test_unknown_payouts_are_refused(driver: CallDriver, payout_id: str) -> None:
    with pytest.raises(UnknownPayoutError):
        await driver.books.payouts.settle(payout_id, "paid", note="", now_ms=1)
