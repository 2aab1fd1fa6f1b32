"""Old entries move into checksummed files; the books and the archive still add up together."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from metering.archive import DAY_MS, archive, audit_with_archive
from metering.archive_files import read_archive
from metering.keys import key
from tests.metering.desk import CLIENT, PROVIDER, Desk

# Journal ids are the server's own time: a time far ahead makes everything old.
AHEAD_MS = 10**14


async def put_away(desk: Desk, folder: Path, now_ms: int = AHEAD_MS, keep_records_ms: int = 10**15):
    return await archive(
        desk.books.partitions,
        folder,
        now_ms=now_ms,
        keep_journal_ms=0,
        keep_records_ms=keep_records_ms,
    )


async def test_the_journal_leaves_memory_and_still_adds_up(desk: Desk, tmp_path: Path) -> None:
    await desk.talk(61)
    before = await desk.books.wallets.of(CLIENT)
    done = await put_away(desk, tmp_path)
    assert done.entries == 6  # top-up, opened, charged, ended, home, moved
    assert sum(await desk.books.partitions.every("XLEN", "journal")) == 0
    assert await desk.books.wallets.of(CLIENT) == before
    report = await audit_with_archive(desk.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_entries"] == 6
    assert (await put_away(desk, tmp_path, AHEAD_MS + 1)).path is None


async def test_a_live_call_goes_on_across_the_archiver(desk: Desk, tmp_path: Path) -> None:
    await desk.answer()
    await desk.prove(61)
    await put_away(desk, tmp_path)
    await desk.assert_audit_clean()
    await desk.prove(62)
    await put_away(desk, tmp_path, AHEAD_MS + 1)
    receipt = await desk.hang_up()
    assert receipt.charged_micros == 310_000
    report = await audit_with_archive(desk.books.partitions, tmp_path)
    assert report.ok, report.problems


async def test_entries_still_young_stay(desk: Desk, tmp_path: Path) -> None:
    await desk.talk(61)
    done = await archive(desk.books.partitions, tmp_path, now_ms=1000)
    assert (done.entries, done.path) == (0, None)
    assert list(tmp_path.iterdir()) == []


async def test_old_receipts_and_statement_lines_leave_memory_too(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.talk(61)
    await desk.books.upkeep.run(now_ms=desk.now_ms + DAY_MS)
    done = await put_away(desk, tmp_path, keep_records_ms=DAY_MS)
    assert done.records == 4  # a receipt, two lines of the client's and one of the provider's
    partition = desk.books.partitions.of_call(desk.call)
    for name in ("receipt", "moved", "stmt"):
        assert not await desk.books.partitions.redis.exists(key(partition, name))
    assert not await desk.books.partitions.redis.exists(
        key(desk.books.partitions.of(PROVIDER), "applied")
    )
    assert (await desk.books.earnings.of(PROVIDER)).available_micros == 244_000
    report = await audit_with_archive(desk.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_receipts"] == 1


async def test_a_crash_before_the_cut_archives_twice_and_counts_once(
    desk: Desk, tmp_path: Path
) -> None:
    await desk.talk(61)
    journal = key(desk.books.partitions.of_call(desk.call), "journal")
    kept = await desk.books.partitions.redis.dump(journal)
    await put_away(desk, tmp_path)
    base = key(desk.books.partitions.of_call(desk.call), "base")
    await desk.books.partitions.redis.delete(base)
    await desk.books.partitions.redis.restore(journal, 0, kept, replace=True)
    await put_away(desk, tmp_path, AHEAD_MS + 1)
    report = await audit_with_archive(desk.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_files"] == 2


@pytest.mark.parametrize("damage", ["changed", "cut off", "no end", "missing"])
async def test_a_damaged_archive_is_noticed(desk: Desk, tmp_path: Path, damage: str) -> None:
    await desk.talk(61)
    path = (await put_away(desk, tmp_path)).path
    assert path is not None
    text = gzip.decompress(path.read_bytes())
    if damage == "changed":
        path.write_bytes(gzip.compress(text.replace(b"305000", b"305001")))
    elif damage == "cut off":
        path.write_bytes(path.read_bytes()[:-20])
    elif damage == "no end":
        path.write_bytes(gzip.compress(b"".join(text.splitlines(keepends=True)[:-1])))
    else:
        path.unlink()
    report = await audit_with_archive(desk.books.partitions, tmp_path)
    assert not report.ok


async def test_records_must_outlive_the_journal(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="longer than the journal"):
        await put_away(desk, tmp_path, keep_records_ms=0)


def test_an_empty_archive_is_whole(tmp_path: Path) -> None:
    report = read_archive(tmp_path)
    assert (report.files, report.problems) == (0, [])
