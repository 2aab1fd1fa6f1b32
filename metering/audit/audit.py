"""The audit: checks all seven invariants on a live store, in one pass, without stopping it.

Each partition's balances and calls are read as one atomic snapshot, together with the journal's
last entry; the journal up to that entry, which cannot change any more, is then read in pages.
What home partitions have applied is read last, so that a share on its way is never a false alarm.
Time is linear in what is read. Never writes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgpack

from metering.audit.rules import JournalCheck, PartitionState, check_arrivals, check_partition
from metering.journal.entries import entry_of
from metering.store.keys import key
from metering.store.partitions import Partitions

_PAGE = 1000
_STEP = 32  # partitions snapshotted in one pipeline
_ATTEMPTS = 5


@dataclass(frozen=True)
class AuditReport:
    """`problems` in words, each with its invariant; `checked` says how much was looked at."""

    ok: bool
    problems: list[str]
    checked: dict[str, int]


async def audit(partitions: Partitions) -> AuditReport:
    """Checks the whole store."""
    problems: list[str] = []
    checked = {"partitions": 0, "accounts": 0, "live_calls": 0, "ended_calls": 0, "entries": 0}
    moved: dict[str, tuple[int, int]] = {}
    for first in range(0, partitions.count, _STEP):
        places = range(first, min(first + _STEP, partitions.count))
        for state in await _snapshots(partitions, places):
            checker = await _read_journal(partitions, state)
            problems += check_partition(checker.state) + checker.finish()
            moved.update(checker.state.moved)
            checked["partitions"] += 1
            checked["accounts"] += len(checker.state.acct)
            checked["live_calls"] += len(checker.state.calls) - len(checker.state.receipt)
            checked["ended_calls"] += len(checker.state.receipt)
            checked["entries"] += checker.entries
    problems += await _check_crossings(partitions, moved)
    return AuditReport(ok=not problems, problems=problems, checked=checked)


async def _snapshots(partitions: Partitions, places: range) -> list[PartitionState]:
    replies = await partitions.scripts.run_many(
        "audit/snapshot", [(partition, ()) for partition in places]
    )
    return [
        PartitionState.of(partition, _or_raise(reply))
        for partition, reply in zip(places, replies, strict=True)
    ]


async def _read_journal(partitions: Partitions, state: PartitionState) -> JournalCheck:
    """Feeds the journal of a snapshot; anew when the archiver cut its start off meanwhile."""
    for _ in range(_ATTEMPTS):
        checker = JournalCheck(state)
        place = key(state.partition, "journal")
        start, seen = "-", ""
        while state.last:
            rows = await partitions.redis.execute_command(
                "XRANGE", place, start, state.last, "COUNT", _PAGE
            )
            entries = [entry_of(identity, fields) for identity, fields in rows]
            if not seen and (not entries or entries[0].id != state.first):
                break
            checker.feed(entries)
            if len(entries) < _PAGE:
                return checker
            seen = entries[-1].id
            start = f"({seen}"
        if not state.last:
            return checker
        (state,) = await _snapshots(partitions, range(state.partition, state.partition + 1))
    checker.problems.append(f"partition {state.partition:04x}: its journal would not hold still")
    return checker


async def _check_crossings(partitions: Partitions, moved: dict[str, tuple[int, int]]) -> list[str]:
    """Sources were read before: what they had cleared, homes have applied by now. What homes have
    applied is then compared with the sources' shares, which never change once a call has ended."""
    applied: dict[str, dict[str, Any]] = {}
    for packed in await partitions.every("HGETALL", "applied"):
        applied.update({call.decode(): msgpack.unpackb(row) for call, row in packed.items()})
    owed: dict[str, tuple[int, int]] = {}
    calls = list(applied)
    for first in range(0, len(calls), _PAGE):
        pipeline = partitions.redis.pipeline(transaction=False)
        page = calls[first : first + _PAGE]
        for call in page:
            partition = partitions.of_call(call)
            pipeline.execute_command("HGET", key(partition, "receipt"), call)
            pipeline.execute_command("HGET", key(partition, "refund"), call)
        answers = await pipeline.execute()
        for call, receipt, refund in zip(page, answers[::2], answers[1::2], strict=True):
            if receipt:  # else it is in the archive, and was settled before it went there
                clawed = msgpack.unpackb(refund)["share"] if refund else 0
                owed[call] = (msgpack.unpackb(receipt)["share"], clawed)
    return check_arrivals(moved, owed, applied)


def _or_raise(reply: Any) -> Any:
    if isinstance(reply, BaseException):
        raise reply
    return reply
