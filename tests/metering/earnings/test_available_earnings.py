"""A share is available when its dispute window is over; an adjustment changes what is."""

from __future__ import annotations

import pytest

from metering.errors import InsufficientFundsError, OutOfRangeError
from tests.metering.call_driver import PROVIDER, CallDriver


async def test_earnings_become_available_after_the_dispute_window(driver: CallDriver) -> None:
    await driver.talk(61)
    assert await driver.books.earnings.release(now_ms=driver.now_ms + 3_599_999) == 0
    assert (await driver.books.earnings.of(PROVIDER)).pending_micros == 244_000
    assert await driver.books.earnings.release(now_ms=driver.now_ms + 3_600_000) == 1
    earnings = await driver.books.earnings.of(PROVIDER)
    assert (earnings.pending_micros, earnings.available_micros) == (0, 244_000)
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
