"""While a client's report is open, the call's share does not become available."""

from __future__ import annotations

from pathlib import Path

import pytest

from metering.archive import DAY_MS, archive
from metering.audit import audit
from metering.errors import UnknownCallError
from metering.keys import key
from tests.metering.desk import PROVIDER, Desk

WINDOW_MS = 3_600_000
SHARE = 244_000


async def hold(desk: Desk) -> int:
    return await desk.books.holds.place(desk.call, PROVIDER, now_ms=desk.now_ms)


async def free(desk: Desk, after_ms: int = 0, **changes: int) -> None:
    now_ms = desk.now_ms + after_ms
    await desk.books.holds.free(desk.call, PROVIDER, now_ms=now_ms, **changes)


async def release(desk: Desk, after_ms: int = WINDOW_MS) -> int:
    return await desk.books.earnings.release(now_ms=desk.now_ms + after_ms)


async def money(desk: Desk) -> tuple[int, int, int]:
    """Pending, of it held, available; the audit is clean."""
    await desk.assert_audit_clean()
    earnings = await desk.books.earnings.of(PROVIDER)
    return earnings.pending_micros, earnings.held_micros, earnings.available_micros


async def test_a_held_share_outlasts_the_window_and_is_free_at_once_after_it(desk: Desk) -> None:
    await desk.talk(61)
    for _ in range(2):
        assert await hold(desk) == SHARE
    assert await release(desk, 10 * WINDOW_MS) == 0
    assert await money(desk) == (SHARE, SHARE, 0)
    for _ in range(2):
        await free(desk, 10 * WINDOW_MS)
        assert await money(desk) == (0, 0, SHARE)


async def test_freed_within_the_window_it_waits_for_the_end_of_it(desk: Desk) -> None:
    await desk.talk(61)
    await hold(desk)
    await free(desk, 1000)
    assert await money(desk) == (SHARE, 0, 0)
    assert await release(desk, WINDOW_MS - 1) == 0
    assert await release(desk) == 1
    assert await money(desk) == (0, 0, SHARE)


async def test_a_share_that_comes_home_after_the_report_is_held_too(desk: Desk) -> None:
    books = desk.books
    await desk.answer()
    await desk.prove(61)
    partition = books.partitions.of_call(desk.call)
    await books.partitions.scripts.run("end", partition, desk.call, desk.now_ms, "client_hung_up")
    assert await hold(desk) == 0
    await books.shares.deliver_all()
    assert await release(desk) == 0
    assert await money(desk) == (SHARE, SHARE, 0)
    await free(desk, WINDOW_MS)
    assert await money(desk) == (0, 0, SHARE)


async def test_a_hold_freed_before_the_share_is_home_leaves_nothing_behind(desk: Desk) -> None:
    books = desk.books
    await desk.answer()
    await desk.prove(61)
    partition = books.partitions.of_call(desk.call)
    await books.partitions.scripts.run("end", partition, desk.call, desk.now_ms, "client_hung_up")
    await hold(desk)
    await free(desk)
    await books.shares.deliver_all()
    assert await release(desk) == 1
    assert await money(desk) == (0, 0, SHARE)


async def test_a_refund_of_a_held_share_takes_from_what_is_pending(desk: Desk) -> None:
    await desk.talk(61)
    await hold(desk)
    await release(desk)
    await desk.books.refunds.give(desk.call, 100_000, key="r", note="", now_ms=desk.now_ms)
    assert await money(desk) == (SHARE - 80_000, SHARE - 80_000, 0)
    assert await desk.books.refunds.under(desk.call, "r") == 100_000
    assert await desk.books.refunds.under(desk.call, "other") == 0
    await free(desk, WINDOW_MS)
    assert await money(desk) == (0, 0, SHARE - 80_000)


async def test_a_held_share_refunded_in_full_leaves_nothing_to_free(desk: Desk) -> None:
    receipt = await desk.talk(61)
    await hold(desk)
    await desk.books.refunds.give(
        desk.call, receipt.charged_micros, key="r", note="", now_ms=desk.now_ms
    )
    assert await money(desk) == (0, 0, 0)
    await free(desk, WINDOW_MS)
    assert await release(desk) == 0
    assert await money(desk) == (0, 0, 0)


async def test_what_was_available_before_the_report_stays_so(desk: Desk) -> None:
    await desk.talk(61)
    await release(desk)
    assert await hold(desk) == 0
    assert await money(desk) == (0, 0, SHARE)
    await free(desk, WINDOW_MS)
    assert await money(desk) == (0, 0, SHARE)


async def test_other_calls_of_the_provider_are_not_held(desk: Desk) -> None:
    await desk.talk(61)
    await hold(desk)
    await desk.talk(61)
    assert await release(desk) == 1
    pending, held, available = await money(desk)
    assert pending == held == SHARE
    assert available > 0


async def test_only_a_hold_placed_before_a_time_is_freed(desk: Desk) -> None:
    await desk.talk(61)
    await hold(desk)
    await free(desk, WINDOW_MS, held_before_ms=desk.now_ms)
    [found] = await desk.books.holds.all()
    assert (found.call_id, found.provider_id) == (desk.call, PROVIDER)
    assert found.at_ms == desk.now_ms
    await free(desk, WINDOW_MS, held_before_ms=desk.now_ms + 1)
    assert await desk.books.holds.all() == []
    assert await money(desk) == (0, 0, SHARE)


async def test_a_call_of_somebody_else_or_of_no_books_is_not_held(desk: Desk) -> None:
    await desk.talk(61)
    same_home = next(
        name
        for name in (f"provider-{at}" for at in range(1000))
        if desk.books.partitions.of(name) == desk.books.partitions.of(PROVIDER)
    )
    with pytest.raises(UnknownCallError):
        await desk.books.holds.place(desk.call, same_home, now_ms=1)
    with pytest.raises(UnknownCallError):
        await desk.books.holds.place("nothing", PROVIDER, now_ms=1)
    assert await desk.books.holds.all() == []


async def test_the_audit_notices_a_hold_that_does_not_hold(desk: Desk) -> None:
    await desk.talk(61)
    home = desk.books.partitions.of(PROVIDER)
    await hold(desk)
    await desk.books.partitions.redis.execute_command("ZADD", key(home, "due"), 1, desk.call)
    assert "held for a report" in (await audit(desk.books.partitions)).problems[0]
    await desk.books.partitions.redis.execute_command(
        "DEL", key(home, "due"), key(home, "contested")
    )
    assert "waits for nothing" in (await audit(desk.books.partitions)).problems[0]


async def test_the_archiver_keeps_what_a_hold_needs(desk: Desk, tmp_path: Path) -> None:
    receipt = await desk.talk(61)
    await hold(desk)
    applied = key(desk.books.partitions.of(PROVIDER), "applied")

    async def put_away(at: int) -> None:
        await archive(
            desk.books.partitions,
            tmp_path,
            now_ms=10**14 + at,
            keep_journal_ms=0,
            keep_records_ms=DAY_MS,
        )

    await put_away(0)
    assert await desk.books.partitions.redis.hexists(applied, desk.call), (
        "its share is still to be freed"
    )
    await free(desk, WINDOW_MS)
    await put_away(1)
    assert not await desk.books.partitions.redis.exists(applied)
    assert await money(desk) == (0, 0, receipt.provider_micros)


async def test_the_archiver_keeps_a_held_share_that_was_refunded(
    desk: Desk, tmp_path: Path
) -> None:
    receipt = await desk.talk(61)
    await hold(desk)
    await desk.books.refunds.give(
        desk.call, receipt.charged_micros, key="r", note="", now_ms=desk.now_ms
    )
    applied = key(desk.books.partitions.of(PROVIDER), "applied")
    await archive(
        desk.books.partitions, tmp_path, now_ms=10**14, keep_journal_ms=0, keep_records_ms=DAY_MS
    )
    assert await desk.books.partitions.redis.hexists(applied, desk.call)
    await free(desk, WINDOW_MS)
    await archive(
        desk.books.partitions,
        tmp_path,
        now_ms=10**14 + 1,
        keep_journal_ms=0,
        keep_records_ms=DAY_MS,
    )
    assert not await desk.books.partitions.redis.exists(applied)
