"""Money given back is a reversing entry, split as the charge was and never above it."""

from __future__ import annotations

import pytest

from metering.errors import (
    AboveOriginalError,
    DuplicateKeyError,
    InsufficientFundsError,
    UnknownCallError,
    UnknownTopUpError,
)
from tests.metering.desk import CLIENT, PROVIDER, Desk


async def refund(desk: Desk, micros: int, key: str = "r1", note: str = "bad line"):
    return await desk.books.refunds.give(desk.call, micros, key=key, note=note, now_ms=desk.now_ms)


async def test_a_full_refund_undoes_the_charge_to_the_micro_unit(desk: Desk) -> None:
    receipt = await desk.talk(61.5)
    given = await refund(desk, receipt.charged_micros)
    assert given.provider_micros == receipt.provider_micros
    assert given.platform_micros == receipt.commission_micros
    assert await desk.money() == 5_000_000
    assert (await desk.books.earnings.of(PROVIDER)).earned_micros == 0
    again = await desk.books.calls.receipt(desk.call)
    assert again is not None
    assert again.refunded_micros == receipt.charged_micros
    await desk.assert_audit_clean()


async def test_parts_add_up_to_the_whole(desk: Desk) -> None:
    receipt = await desk.talk(61)
    for at in range(7):
        await refund(desk, 43_571, key=f"r{at}")
    last = await refund(desk, receipt.charged_micros - 7 * 43_571, key="last")
    assert last.provider_micros == receipt.provider_micros
    assert await desk.money() == 5_000_000
    await desk.assert_audit_clean()


async def test_nothing_above_the_charge_is_given_back(desk: Desk) -> None:
    receipt = await desk.talk(61)
    with pytest.raises(AboveOriginalError):
        await refund(desk, receipt.charged_micros + 1)
    await refund(desk, receipt.charged_micros - 5)
    with pytest.raises(AboveOriginalError) as refused:
        await refund(desk, 6, key="r2")
    assert refused.value.facts == {"left": 5}
    await desk.assert_audit_clean()


async def test_a_repeated_refund_gives_once(desk: Desk) -> None:
    await desk.talk(61)
    assert await refund(desk, 1000) == await refund(desk, 1000)
    with pytest.raises(DuplicateKeyError):
        await refund(desk, 1001)
    assert await desk.money() == 5_000_000 - 305_000 + 1000


async def test_a_call_that_is_open_cannot_be_refunded(desk: Desk) -> None:
    await desk.answer()
    await desk.prove(61)
    with pytest.raises(UnknownCallError):
        await refund(desk, 1)


async def test_cash_comes_back_before_promotional_credit(desk: Desk) -> None:
    await desk.books.wallets.top_up(
        CLIENT, 200_000, key="gift", source="operator", now_ms=desk.now_ms, promo=True
    )
    await desk.talk(61)
    assert (await refund(desk, 105_000)).promo_micros == 0
    assert (await refund(desk, 1, key="r2")).promo_micros == 1
    wallet = await desk.books.wallets.of(CLIENT)
    assert (wallet.available_micros, wallet.promo_micros) == (5_000_001, 1)
    await desk.assert_audit_clean()


async def test_a_share_already_paid_out_leaves_a_debt(desk: Desk) -> None:
    await desk.talk(61)
    later = desk.now_ms + 3_600_000
    assert await desk.books.earnings.release(now_ms=later) == 1
    payout = await desk.books.payouts.request(PROVIDER, 244_000, key="p", note="", now_ms=later)
    await desk.books.payouts.settle(payout.id, "paid", note="", now_ms=later)
    await refund(desk, 305_000)
    earnings = await desk.books.earnings.of(PROVIDER)
    assert (earnings.available_micros, earnings.earned_micros) == (-244_000, 0)
    await desk.assert_audit_clean()


async def test_money_returned_to_the_client_leaves_the_books(desk: Desk) -> None:
    books = desk.books
    for _ in range(2):
        wallet = await books.wallets.withdraw(
            CLIENT, 2_000_000, key="w", source="operator", note="", now_ms=desk.now_ms
        )
    assert wallet.available_micros == 3_000_000
    await desk.ring()
    with pytest.raises(InsufficientFundsError):  # 0.60 of the 3.00 are held
        await books.wallets.withdraw(
            CLIENT, 2_400_001, key="w2", source="operator", note="", now_ms=desk.now_ms
        )
    await desk.assert_audit_clean()


async def test_a_top_up_is_reversed_at_most_once_over(desk: Desk) -> None:
    books, now = desk.books, desk.now_ms
    await books.wallets.top_up(CLIENT, 1000, key="card", source="stripe", now_ms=now)
    request = {"source": "stripe", "note": "", "now_ms": now, "top_up_key": "card"}
    await books.wallets.withdraw(CLIENT, 700, key="w1", **request)
    with pytest.raises(AboveOriginalError) as refused:
        await books.wallets.withdraw(CLIENT, 301, key="w2", **request)
    assert refused.value.facts == {"left": 300}
    await books.wallets.withdraw(CLIENT, 300, key="w3", **request)
    with pytest.raises(UnknownTopUpError):
        await books.wallets.withdraw(CLIENT, 1, key="w4", **{**request, "top_up_key": "other"})
    await desk.assert_audit_clean()
