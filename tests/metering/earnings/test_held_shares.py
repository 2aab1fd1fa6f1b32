"""While a client's report is open, the call's share does not become available."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.archive.archive import DAY_MS, archive
from metering.audit.audit import audit
from metering.errors import UnknownCallError
from metering.store.keys import key
from tests.metering.call_driver import PROVIDER, CallDriver

WINDOW_MS = 3_600_000
SHARE = 244_000


async def hold(driver: CallDriver) -> int:
    return await driver.books.holds.place(driver.call, PROVIDER, now_ms=driver.now_ms)


async def free(driver: CallDriver, after_ms: int = 0, **changes: int) -> None:
    now_ms = driver.now_ms + after_ms
    await driver.books.holds.free(driver.call, PROVIDER, now_ms=now_ms, **changes)


async def release(driver: CallDriver, after_ms: int = WINDOW_MS) -> int:
    return await driver.books.earnings.release(now_ms=driver.now_ms + after_ms)


async def money(driver: CallDriver) -> tuple[int, int, int]:
    """Pending, of it held, available; the audit is clean."""
    await driver.assert_audit_clean()
    earnings = await driver.books.earnings.of(PROVIDER)
    return earnings.pending_micros, earnings.held_micros, earnings.available_micros


async def test_a_held_share_outlasts_the_window_and_is_free_at_once_after_it(
    driver: CallDriver,
) -> None:
    await driver.talk(61)
    for _ in range(2):
        assert await hold(driver) == SHARE
    assert await release(driver, 10 * WINDOW_MS) == 0
    assert await money(driver) == (SHARE, SHARE, 0)
    for _ in range(2):
        await free(driver, 10 * WINDOW_MS)
        assert await money(driver) == (0, 0, SHARE)


async def test_freed_within_the_window_it_waits_for_the_end_of_it(driver: CallDriver) -> None:
    await driver.talk(61)
    await hold(driver)
    await free(driver, 1000)
    assert await money(driver) == (SHARE, 0, 0)
    assert await release(driver, WINDOW_MS - 1) == 0
    assert await release(driver) == 1
    assert await money(driver) == (0, 0, SHARE)


async def test_a_share_that_comes_home_after_the_report_is_held_too(driver: CallDriver) -> None:
    books = driver.books
    await driver.answer()
    await driver.prove(61)
    partition = books.partitions.of_call(driver.call)
    await books.partitions.scripts.run(
        "calls/end", partition, driver.call, driver.now_ms, "client_hung_up"
    )
    assert await hold(driver) == 0
    await books.shares.deliver_all()
    assert await release(driver) == 0
    assert await money(driver) == (SHARE, SHARE, 0)
    await free(driver, WINDOW_MS)
    assert await money(driver) == (0, 0, SHARE)


async def test_a_hold_freed_before_the_share_is_home_leaves_nothing_behind(
    driver: CallDriver,
) -> None:
    books = driver.books
    await driver.answer()
    await driver.prove(61)
    partition = books.partitions.of_call(driver.call)
    await books.partitions.scripts.run(
        "calls/end", partition, driver.call, driver.now_ms, "client_hung_up"
    )
    await hold(driver)
    await free(driver)
    await books.shares.deliver_all()
    assert await release(driver) == 1
    assert await money(driver) == (0, 0, SHARE)


async def test_a_refund_of_a_held_share_takes_from_what_is_pending(driver: CallDriver) -> None:
    await driver.talk(61)
    await hold(driver)
    await release(driver)
    await driver.books.refunds.give(driver.call, 100_000, key="r", note="", now_ms=driver.now_ms)
    assert await money(driver) == (SHARE - 80_000, SHARE - 80_000, 0)
    assert await driver.books.refunds.under(driver.call, "r") == 100_000
    assert await driver.books.refunds.under(driver.call, "other") == 0
    await free(driver, WINDOW_MS)
    assert await money(driver) == (0, 0, SHARE - 80_000)


async def test_a_held_share_refunded_in_full_leaves_nothing_to_free(driver: CallDriver) -> None:
    receipt = await driver.talk(61)
    await hold(driver)
    await driver.books.refunds.give(
        driver.call, receipt.charged_micros, key="r", note="", now_ms=driver.now_ms
    )
    assert await money(driver) == (0, 0, 0)
    await free(driver, WINDOW_MS)
    assert await release(driver) == 0
    assert await money(driver) == (0, 0, 0)


async def test_what_was_available_before_the_report_stays_so(driver: CallDriver) -> None:
    await driver.talk(61)
    await release(driver)
    assert await hold(driver) == 0
    assert await money(driver) == (0, 0, SHARE)
    await free(driver, WINDOW_MS)
    assert await money(driver) == (0, 0, SHARE)


async def test_other_calls_of_the_provider_are_not_held(driver: CallDriver) -> None:
    await driver.talk(61)
    await hold(driver)
    await driver.talk(61)
    assert await release(driver) == 1
    pending, held, available = await money(driver)
    assert pending == held == SHARE
    assert available > 0


async def test_only_a_hold_placed_before_a_time_is_freed(driver: CallDriver) -> None:
    await driver.talk(61)
    await hold(driver)
    await free(driver, WINDOW_MS, held_before_ms=driver.now_ms)
    [found] = await driver.books.holds.all()
    assert (found.call_id, found.provider_id) == (driver.call, PROVIDER)
    assert found.at_ms == driver.now_ms
    await free(driver, WINDOW_MS, held_before_ms=driver.now_ms + 1)
    assert await driver.books.holds.all() == []
    assert await money(driver) == (0, 0, SHARE)


async def test_a_call_of_somebody_else_or_of_no_books_is_not_held(driver: CallDriver) -> None:
    await driver.talk(61)
    same_home = next(
        name
        for name in (f"provider-{at}" for at in range(1000))
        if driver.books.partitions.of(name) == driver.books.partitions.of(PROVIDER)
    )
    with pytest.raises(UnknownCallError):
        await driver.books.holds.place(driver.call, same_home, now_ms=1)
    with pytest.raises(UnknownCallError):
        await driver.books.holds.place("nothing", PROVIDER, now_ms=1)
    assert await driver.books.holds.all() == []


async def test_the_audit_notices_a_hold_that_does_not_hold(driver: CallDriver) -> None:
    await driver.talk(61)
    home = driver.books.partitions.of(PROVIDER)
    await hold(driver)
    await driver.books.partitions.redis.execute_command("ZADD", key(home, "due"), 1, driver.call)
    assert "held for a report" in (await audit(driver.books.partitions)).problems[0]
    await driver.books.partitions.redis.execute_command(
        "DEL", key(home, "due"), key(home, "contested")
    )
    assert "waits for nothing" in (await audit(driver.books.partitions)).problems[0]


async def test_the_archiver_keeps_what_a_hold_needs(driver: CallDriver, tmp_path: Path) -> None:
    receipt = await driver.talk(61)
    await hold(driver)
    applied = key(driver.books.partitions.of(PROVIDER), "applied")

    async def put_away(at: int) -> None:
        await archive(
            driver.books.partitions,
            tmp_path,
            now_ms=10**14 + at,
            keep_journal_ms=0,
            keep_records_ms=DAY_MS,
        )

    await put_away(0)
    assert await driver.books.partitions.redis.hexists(applied, driver.call), (
        "its share is still to be freed"
    )
    await free(driver, WINDOW_MS)
    await put_away(1)
    assert not await driver.books.partitions.redis.exists(applied)
    assert await money(driver) == (0, 0, receipt.provider_micros)


async def test_the_archiver_keeps_a_held_share_that_was_refunded(
    driver: CallDriver, tmp_path: Path
) -> None:
    receipt = await driver.talk(61)
    await hold(driver)
    await driver.books.refunds.give(
        driver.call, receipt.charged_micros, key="r", note="", now_ms=driver.now_ms
    )
    applied = key(driver.books.partitions.of(PROVIDER), "applied")
    await archive(
        driver.books.partitions, tmp_path, now_ms=10**14, keep_journal_ms=0, keep_records_ms=DAY_MS
    )
    assert await driver.books.partitions.redis.hexists(applied, driver.call)
    await free(driver, WINDOW_MS)
    await archive(
        driver.books.partitions,
        tmp_path,
        now_ms=10**14 + 1,
        keep_journal_ms=0,
        keep_records_ms=DAY_MS,
    )
    assert not await driver.books.partitions.redis.exists(applied)
