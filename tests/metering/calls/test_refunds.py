"""Money given back is a reversing entry, split as the charge was, never above it."""

from __future__ import annotations

import pytest

from metering.errors import (
    AboveOriginalError,
    DuplicateKeyError,
    InsufficientFundsError,
    UnknownCallError,
    UnknownTopUpError,
)
from tests.metering.call_driver import CLIENT, PROVIDER, CallDriver


async def refund(driver: CallDriver, micros: int, key: str = "r1", note: str = "bad line"):
    return await driver.books.refunds.give(
        driver.call, micros, key=key, note=note, now_ms=driver.now_ms
    )


async def test_a_full_refund_undoes_the_charge_to_the_micro_unit(driver: CallDriver) -> None:
    receipt = await driver.talk(61.5)
    given = await refund(driver, receipt.charged_micros)
    assert given.provider_micros == receipt.provider_micros
    assert given.platform_micros == receipt.commission_micros
    assert await driver.money() == 5_000_000
    assert (await driver.books.earnings.of(PROVIDER)).earned_micros == 0
    again = await driver.books.calls.receipt(driver.call)
    assert again is not None
    assert again.refunded_micros == receipt.charged_micros
    await driver.assert_audit_clean()


async def test_parts_add_up_to_the_whole(driver: CallDriver) -> None:
    receipt = await driver.talk(61)
    for at in range(7):
        await refund(driver, 43_571, key=f"r{at}")
    last = await refund(driver, receipt.charged_micros - 7 * 43_571, key="last")
    assert last.provider_micros == receipt.provider_micros
    assert await driver.money() == 5_000_000
    await driver.assert_audit_clean()


async def test_nothing_above_the_charge_is_given_back(driver: CallDriver) -> None:
    receipt = await driver.talk(61)
    with pytest.raises(AboveOriginalError):
        await refund(driver, receipt.charged_micros + 1)
    await refund(driver, receipt.charged_micros - 5)
    with pytest.raises(AboveOriginalError) as refused:
        await refund(driver, 6, key="r2")
    assert refused.value.facts == {"left": 5}
    await driver.assert_audit_clean()


async def test_a_repeated_refund_gives_once(driver: CallDriver) -> None:
    await driver.talk(61)
    assert await refund(driver, 1000) == await refund(driver, 1000)
    with pytest.raises(DuplicateKeyError):
        await refund(driver, 1001)
    assert await driver.money() == 5_000_000 - 305_000 + 1000


async def test_a_call_that_is_open_cannot_be_refunded(driver: CallDriver) -> None:
    await driver.answer()
    await driver.prove(61)
    with pytest.raises(UnknownCallError):
        await refund(driver, 1)


async def test_cash_comes_back_before_promotional_credit(driver: CallDriver) -> None:
    await driver.books.wallets.top_up(
        CLIENT, 200_000, key="gift", source="operator", now_ms=driver.now_ms, promo=True
    )
    await driver.talk(61)
    assert (await refund(driver, 105_000)).promo_micros == 0
    assert (await refund(driver, 1, key="r2")).promo_micros == 1
    wallet = await driver.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.promo_micros) == (5_000_001, 1)
    await driver.assert_audit_clean()


async def test_a_share_already_paid_out_leaves_a_debt(driver: CallDriver) -> None:
    await driver.talk(61)
    later = driver.now_ms + 3_600_000
    assert await driver.books.earnings.release(now_ms=later) == 1
    payout = await driver.books.payouts.request(PROVIDER, 244_000, key="p", note="", now_ms=later)
    await driver.books.payouts.settle(payout.id, "paid", note="", now_ms=later)
    await refund(driver, 305_000)
    earnings = await driver.books.earnings.of(PROVIDER)
    assert (earnings.available_micros, earnings.earned_micros) == (-244_000, 0)
    await driver.assert_audit_clean()


async def test_money_returned_to_the_client_leaves_the_books(driver: CallDriver) -> None:
    books = driver.books
    for _ in range(2):
        wallet = await books.wallets.withdraw(
            CLIENT, 2_000_000, key="w", source="operator", note="", now_ms=driver.now_ms
        )
    assert wallet.available_micros == 3_000_000
    await driver.ring()
    with pytest.raises(InsufficientFundsError):  # 0.60 of the 3.00 are held
        await books.wallets.withdraw(
            CLIENT, 2_400_001, key="w2", source="operator", note="", now_ms=driver.now_ms
        )
    await driver.assert_audit_clean()


async def test_a_top_up_is_reversed_at_most_once_over(driver: CallDriver) -> None:
    books, now = driver.books, driver.now_ms
    await books.wallets.top_up(CLIENT, 1000, key="card", source="stripe", now_ms=now)
    request = {"source": "stripe", "note": "", "now_ms": now, "top_up_key": "card"}
    await books.wallets.withdraw(CLIENT, 700, key="w1", **request)
    with pytest.raises(AboveOriginalError) as refused:
        await books.wallets.withdraw(CLIENT, 301, key="w2", **request)
    assert refused.value.facts == {"left": 300}
    await books.wallets.withdraw(CLIENT, 300, key="w3", **request)
    with pytest.raises(UnknownTopUpError):
        await books.wallets.withdraw(CLIENT, 1, key="w4", **{**request, "top_up_key": "other"})
    await driver.assert_audit_clean()
