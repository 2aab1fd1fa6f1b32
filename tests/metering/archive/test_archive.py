"""Old entries move into checksummed files, with which the books still add up."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from metering.archive.archive import DAY_MS, archive, audit_with_archive
from metering.archive.files import read_archive
from metering.store.keys import key
from tests.metering.call_driver import CLIENT, PROVIDER, CallDriver

# Journal ids are the server's own time: a time far ahead makes everything old.
AHEAD_MS = 10**14


async def put_away(
    driver: CallDriver, folder: Path, now_ms: int = AHEAD_MS, keep_records_ms: int = 10**15
):
    return await archive(
        driver.books.partitions,
        folder,
        now_ms=now_ms,
        keep_journal_ms=0,
        keep_records_ms=keep_records_ms,
    )


async def test_the_journal_leaves_memory_and_still_adds_up(
    driver: CallDriver, tmp_path: Path
) -> None:
    await driver.talk(61)
    before = await driver.books.wallets.of(CLIENT)
    done = await put_away(driver, tmp_path)
    assert done.entries == 6  # top-up, opened, charged, ended, home, moved
    assert sum(await driver.books.partitions.every("XLEN", "journal")) == 0
    assert await driver.books.wallets.of(CLIENT) == before
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_entries"] == 6
    assert (await put_away(driver, tmp_path, AHEAD_MS + 1)).path is None


async def test_a_live_call_goes_on_across_the_archiver(driver: CallDriver, tmp_path: Path) -> None:
    await driver.answer()
    await driver.prove(61)
    await put_away(driver, tmp_path)
    await driver.assert_audit_clean()
    await driver.prove(62)
    await put_away(driver, tmp_path, AHEAD_MS + 1)
    receipt = await driver.hang_up()
    assert receipt.charged_micros == 310_000
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert report.ok, report.problems


async def test_entries_still_young_stay(driver: CallDriver, tmp_path: Path) -> None:
    await driver.talk(61)
    done = await archive(driver.books.partitions, tmp_path, now_ms=1000)
    assert (done.entries, done.path) == (0, None)
    assert list(tmp_path.iterdir()) == []


async def test_old_receipts_and_statement_lines_leave_memory_too(
    driver: CallDriver, tmp_path: Path
) -> None:
    await driver.talk(61)
    await driver.books.upkeep.run(now_ms=driver.now_ms + DAY_MS)
    done = await put_away(driver, tmp_path, keep_records_ms=DAY_MS)
    assert done.records == 4  # a receipt, two lines of the client's and one of the provider's
    partition = driver.books.partitions.of_call(driver.call)
    for name in ("receipt", "moved", "stmt"):
        assert not await driver.books.partitions.redis.exists(key(partition, name))
    assert not await driver.books.partitions.redis.exists(
        key(driver.books.partitions.of(PROVIDER), "applied")
    )
    assert (await driver.books.earnings.of(PROVIDER)).available_micros == 244_000
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_receipts"] == 1


async def test_a_crash_before_the_cut_archives_twice_and_counts_once(
    driver: CallDriver, tmp_path: Path
) -> None:
    await driver.talk(61)
    journal = key(driver.books.partitions.of_call(driver.call), "journal")
    kept = await driver.books.partitions.redis.dump(journal)
    await put_away(driver, tmp_path)
    base = key(driver.books.partitions.of_call(driver.call), "base")
    await driver.books.partitions.redis.delete(base)
    await driver.books.partitions.redis.restore(journal, 0, kept, replace=True)
    await put_away(driver, tmp_path, AHEAD_MS + 1)
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert report.ok, report.problems
    assert report.checked["archive_files"] == 2


@pytest.mark.parametrize("damage", ["changed", "cut off", "no end", "missing"])
async def test_a_damaged_archive_is_noticed(
    driver: CallDriver, tmp_path: Path, damage: str
) -> None:
    await driver.talk(61)
    path = (await put_away(driver, tmp_path)).path
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
    report = await audit_with_archive(driver.books.partitions, tmp_path)
    assert not report.ok


async def test_records_must_outlive_the_journal(driver: CallDriver, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="longer than the journal"):
        await put_away(driver, tmp_path, keep_records_ms=0)


def test_an_empty_archive_is_whole(tmp_path: Path) -> None:
    report = read_archive(tmp_path)
    assert (report.files, report.problems) == (0, [])
