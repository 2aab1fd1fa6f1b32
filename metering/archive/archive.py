"""The archiver: moves what is old from the store into files, so that memory stays small.

Journal entries, receipts, statement lines.

It writes a file, brings it to disk, and only then cuts off what the file holds. It may stop
anywhere and be run again. One archiver runs at a time (the caller sees to it).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgpack

from metering.archive.files import ArchiveWriter, Line, read_archive
from metering.audit.audit import AuditReport, audit
from metering.journal.entries import entry_of
from metering.store.keys import key
from metering.store.partitions import Partitions

DAY_MS = 86_400_000
KEEP_JOURNAL_MS = DAY_MS
KEEP_RECORDS_MS = 400 * DAY_MS
_PAGE = 500


@dataclass(frozen=True)
class Archived:
    """What one run moved; `path` None when there was nothing old enough."""

    entries: int
    records: int
    path: Path | None


async def archive(
    partitions: Partitions,
    folder: Path,
    *,
    now_ms: int,
    keep_journal_ms: int = KEEP_JOURNAL_MS,
    keep_records_ms: int = KEEP_RECORDS_MS,
) -> Archived:
    """Moves what is older into one new file. Records are kept longer than the journal, by a day
    at least: the audit needs a call's receipt as long as the journal names the call."""
    if keep_records_ms < keep_journal_ms + DAY_MS:
        raise ValueError("records must be kept a day longer than the journal")
    writer = await asyncio.to_thread(ArchiveWriter, folder, f"books-{now_ms:015d}")
    last: dict[int, str] = {}
    for partition, size in enumerate(await partitions.every("XLEN", "journal")):
        if size:
            await _copy_journal(partitions, writer, partition, now_ms - keep_journal_ms, last)
    entries = writer.lines
    records: list[tuple[int, list[str], list[bytes]]] = []
    for partition in range(partitions.count):
        records += await _copy_records(partitions, writer, partition, now_ms - keep_records_ms)
    copied = writer.lines
    path = await asyncio.to_thread(writer.close)
    for partition, identity in last.items():
        while await partitions.scripts.run("archive/trim", partition, identity, _PAGE) == _PAGE:
            pass
    for partition, calls, lines in records:
        packed = msgpack.packb(lines, use_bin_type=False)
        await partitions.scripts.run("archive/drop", partition, msgpack.packb(calls), packed)
    await _forget_applied(partitions, now_ms - keep_records_ms - DAY_MS)
    return Archived(entries, copied - entries, path)


async def audit_with_archive(partitions: Partitions, folder: Path) -> AuditReport:
    """The audit of the live store, and of the archive against what the store took from it."""
    report = await audit(partitions)
    archived = await asyncio.to_thread(read_archive, folder)
    problems = report.problems + archived.problems
    for partition, flat in enumerate(await partitions.every("HGETALL", "base")):
        base = {
            account.decode(): int(amount)
            for account, amount in flat.items()
            if not account.startswith(b"n:")
        }
        sums = {name: sum_ for name, sum_ in archived.sums.get(partition, {}).items() if sum_}
        if base != sums:
            problems.append(f"partition {partition:04x}: (6) the archive is not what was cut off")
    checked = {
        **report.checked,
        "archive_files": archived.files,
        "archive_entries": archived.entries,
        "archive_receipts": archived.receipts,
    }
    return AuditReport(ok=not problems, problems=problems, checked=checked)


async def _copy_journal(
    partitions: Partitions,
    writer: ArchiveWriter,
    partition: int,
    before_ms: int,
    last: dict[int, str],
) -> None:
    """Writes the partition's entries older than `before_ms`; notes the last one's id."""
    start = "-"
    while True:
        rows = await partitions.redis.execute_command(
            "XRANGE",
            key(partition, "journal"),
            start,
            f"({max(0, before_ms)}-0" if before_ms > 0 else "0-0",
            "COUNT",
            _PAGE,
        )
        if not rows:
            return
        await asyncio.to_thread(writer.write, [_entry_line(partition, *row) for row in rows])
        last[partition] = rows[-1][0].decode()
        start = f"({last[partition]}"


def _entry_line(partition: int, identity: bytes, fields: Any) -> Line:
    entry = entry_of(identity, fields)
    return {
        "kind": "entry",
        "p": partition,
        "id": entry.id,
        "k": entry.kind,
        "t": int(fields[b"t"]),
        "legs": entry.legs,
        "calls": [list(row) for row in entry.calls],
        "about": fields.get(b"o", b"").decode(),
        "source": fields.get(b"s", b"").decode(),
        "note": fields.get(b"m", b"").decode(),
    }


async def _copy_records(
    partitions: Partitions, writer: ArchiveWriter, partition: int, before_ms: int
) -> list[tuple[int, list[str], list[bytes]]]:
    """Writes receipts and statement lines older than `before_ms`; returns what may be dropped."""
    dropped: list[tuple[int, list[str], list[bytes]]] = []
    cursor: Any = 0
    while True:
        cursor, found = await partitions.redis.execute_command(
            "HSCAN", key(partition, "receipt"), cursor, "COUNT", _PAGE
        )
        rows = (
            found.items() if isinstance(found, dict) else zip(found[::2], found[1::2], strict=True)
        )
        receipts = [(call.decode(), msgpack.unpackb(packed)) for call, packed in rows]
        old = [(call, facts) for call, facts in receipts if facts["ended_at"] < before_ms]
        for call, facts in old:
            refund = await partitions.redis.execute_command("HGET", key(partition, "refund"), call)
            line = {"kind": "receipt", "p": partition, "call": call, "facts": facts}
            line["refund"] = msgpack.unpackb(refund) if refund else None
            await asyncio.to_thread(writer.write, [line])
        if old:
            dropped.append((partition, [call for call, _ in old], []))
        if not int(cursor):
            break
    cursor = 0
    while True:
        cursor, members = await partitions.redis.execute_command(
            "ZSCAN", key(partition, "stmt"), cursor, "COUNT", _PAGE
        )
        lines = [member for member, _ in members if int(member.split(b"\0", 2)[1]) < before_ms]
        written = [
            {
                "kind": "line",
                "p": partition,
                "owner": member.split(b"\0", 1)[0].decode(),
                "line": msgpack.unpackb(member.split(b"\0", 3)[3]),
            }
            for member in lines
        ]
        if lines:
            await asyncio.to_thread(writer.write, written)
            dropped.append((partition, [], lines))
        if not int(cursor):
            return dropped


async def _forget_applied(partitions: Partitions, before_ms: int) -> None:
    """What came home long ago, from calls whose receipts are in the archive by now."""
    held = await partitions.every("HKEYS", "contested")
    for partition, rows in enumerate(await partitions.every("HGETALL", "applied")):
        for call, packed in rows.items():
            row = msgpack.unpackb(packed)
            if row["due"] or row["at"] >= before_ms or call in held[partition]:
                continue
            source = key(partitions.of_call(call.decode()), "receipt")
            if not await partitions.redis.execute_command("HEXISTS", source, call):
                await partitions.redis.execute_command("HDEL", key(partition, "applied"), call)
