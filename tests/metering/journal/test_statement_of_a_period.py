"""A period's statement adds up: opening + lines = closing, exactly, whatever happens around it."""

from __future__ import annotations

import pytest

from metering.errors import OutOfRangeError, UnknownTopUpError
from metering.journal.statements import Period
from tests.metering.call_driver import CLIENT, PROVIDER, CallDriver

DAY_MS = 86_400_000
FAR_MS = 10**14


async def period(
    driver: CallDriver, from_ms: int = 0, to_ms: int = FAR_MS, **more: object
) -> Period:
    return await driver.books.statements.period(
        CLIENT,
        "client",
        from_ms=from_ms,
        to_ms=to_ms,
        limit=100,
        **more,  # type: ignore[arg-type]
    )


async def test_a_clients_days_join_without_a_gap(driver: CallDriver) -> None:
    start = driver.now_ms
    for _ in range(3):
        driver.now_ms += DAY_MS
        await driver.pay_in(1_000_000)
        await driver.talk(70)
    days = [
        await period(driver, start + day * DAY_MS, start + (day + 1) * DAY_MS) for day in range(5)
    ]
    assert [day.opening_micros for day in days[1:]] == [day.closing_micros for day in days[:-1]]
    for day in days:
        spent = sum(line.amount_micros for line in day.entries)
        assert day.opening_micros + spent == day.closing_micros
    assert days[0].opening_micros == 0
    assert days[-1].closing_micros == await driver.money()


async def test_a_call_in_progress_is_not_in_the_balance_before_its_line_is(
    driver: CallDriver,
) -> None:
    await driver.answer()
    await driver.prove(70)
    during = await period(driver)
    assert during.closing_micros == 5_000_000
    assert sum(line.amount_micros for line in during.entries) == 5_000_000
    receipt = await driver.hang_up()
    after = await period(driver)
    assert after.closing_micros == 5_000_000 - receipt.charged_micros == await driver.money()


async def test_pages_of_a_period_have_the_same_balances_and_all_lines_once(
    driver: CallDriver,
) -> None:
    for _ in range(7):
        await driver.pay_in(10)
    seen: list[str] = []
    before = None
    while True:
        page = await driver.books.statements.period(
            CLIENT, "client", from_ms=0, to_ms=FAR_MS, limit=3, before=before
        )
        assert (page.opening_micros, page.closing_micros) == (0, 5_000_070)
        seen += [line.id for line in page.entries]
        before = page.next
        if before is None:
            break
    assert len(seen) == len(set(seen)) == 8


async def test_a_providers_balance_is_what_is_not_asked_for_yet(driver: CallDriver) -> None:
    receipt = await driver.talk(100)
    await driver.books.shares.deliver(driver.call)
    driver.now_ms += 2 * DAY_MS
    await driver.books.earnings.release(now_ms=driver.now_ms)
    asked = driver.now_ms
    await driver.books.payouts.request(PROVIDER, 100_000, key="p", note="", now_ms=asked)
    earned = await driver.books.statements.period(
        PROVIDER, "provider", from_ms=0, to_ms=asked, limit=10
    )
    assert (earned.opening_micros, earned.closing_micros) == (0, receipt.provider_micros)
    later = await driver.books.statements.period(
        PROVIDER, "provider", from_ms=asked, to_ms=FAR_MS, limit=10
    )
    assert later.opening_micros == receipt.provider_micros
    assert later.closing_micros == receipt.provider_micros - 100_000


async def test_the_platforms_accounts_add_up_over_all_partitions(driver: CallDriver) -> None:
    receipt = await driver.talk(100)
    await driver.books.refunds.give(driver.call, 1_000, key="r", note="sorry", now_ms=driver.now_ms)
    platform = await driver.books.platform.period("platform", from_ms=0, to_ms=FAR_MS)
    assert platform.opening_micros == 0
    assert platform.closing_micros == sum(line.amount_micros for line in platform.entries)
    assert platform.closing_micros == receipt.commission_micros - 200
    assert platform.since_ms is None
    external = await driver.books.platform.period("external", from_ms=0, to_ms=FAR_MS)
    assert external.closing_micros == -await driver.money() - (
        receipt.provider_micros - 800 + receipt.commission_micros - 200
    )
    later = external.entries[0].at_ms + 1
    empty = await driver.books.platform.period("external", from_ms=later, to_ms=FAR_MS)
    assert empty.opening_micros == empty.closing_micros == external.closing_micros
    assert empty.entries == []


async def test_more_entries_than_one_answer_may_hold_are_refused(
    driver: CallDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    await driver.pay_in(10)
    monkeypatch.setattr("metering.journal.platform.MAX_ENTRIES", 1)
    with pytest.raises(OutOfRangeError):
        await driver.books.platform.period("external", from_ms=0, to_ms=FAR_MS)


async def test_what_is_left_of_a_top_up_is_known_by_its_key(driver: CallDriver) -> None:
    books, now_ms = driver.books, driver.now_ms
    await books.wallets.top_up(CLIENT, 700, key="card", source="stripe", now_ms=now_ms)
    await books.wallets.withdraw(
        CLIENT, 200, key="w", source="stripe", note="", now_ms=now_ms, top_up_key="card"
    )
    assert await books.wallets.top_up_left(CLIENT, "card") == (700, 200)
    with pytest.raises(UnknownTopUpError):
        await books.wallets.top_up_left(CLIENT, "other")
