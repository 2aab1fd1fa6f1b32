"""Reports of problems in Redis, with what the operator decided.

One report a call, within the dispute window after its end. Neither reporting nor deciding moves
money by itself: the provider's share is held in the books first, and on a decision the refund is
made and the share freed there before it is written down here. So a crash in between leaves a report
that is still open, and deciding again finishes it (`decisions`).
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import msgpack
import redis.asyncio

from signaling.kernel.problems import ProblemError, not_found
from signaling.kernel.store.replies import maybe_raw, raw, texts

DISPUTES = "{dir}:disputes"  # hash: call → the problem its client reported
DISPUTES_OPEN = "{dir}:disputes-open"  # sorted set: call → when it was reported (ms)
DISPUTES_DECIDED = "{dir}:disputes-decided"  # sorted set: call → when it was decided (ms)

DisputeState = Literal["open", "refunded", "rejected"]
LIST_MAX = 200
DECIDING_MS = 15_000  # then whoever was deciding has died over it
_PAGE = 1000

# KEYS: records, index of the open ones; ARGV: call, record, opened (ms)
_OPEN = """
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('ZADD', KEYS[2], ARGV[3], ARGV[1])
return 1
"""

# KEYS: records, index of the open ones, index of the decided ones
# ARGV: call, record before, record, decided (ms)
_DECIDE = """
if redis.call('HGET', KEYS[1], ARGV[1]) ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
redis.call('ZREM', KEYS[2], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[4], ARGV[1])
return 1
"""

# KEYS: who is deciding; ARGV: token
_LEAVE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
"""


@dataclass(frozen=True, slots=True)
class Dispute:
    """One report. `answer` is the operator's, to both; `refund_micros` what was given back."""

    call: str
    state: DisputeState
    reason: str
    opened_at_ms: int
    decided_at_ms: int | None = None
    answer: str = ""
    refund_micros: int = 0


class Disputes:
    """Reports in Redis."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client
        self._open = redis_client.register_script(_OPEN)
        self._decide = redis_client.register_script(_DECIDE)
        self._leave = redis_client.register_script(_LEAVE)

    async def open(self, call_id: str, reason: str, now_ms: int) -> Dispute:
        """Raises ProblemError `wrong_state` when this call was reported already."""
        dispute = Dispute(call_id, "open", reason, now_ms)
        made = await self._open(
            keys=[DISPUTES, DISPUTES_OPEN], args=[call_id, _pack(dispute), now_ms]
        )
        if not made:
            raise ProblemError("wrong_state", "You have reported this call already.")
        return dispute

    async def of_call(self, call_id: str) -> Dispute | None:
        """The report about a call, if there is one."""
        record = maybe_raw(await self._redis.hget(DISPUTES, call_id))
        return _unpack(record) if record else None

    async def of_calls(self, call_ids: list[str]) -> dict[str, Dispute]:
        """The reports about those of these calls that have one."""
        records = await self._redis.hmget(DISPUTES, call_ids) if call_ids else []
        found = zip(call_ids, records, strict=True)
        return {call: _unpack(raw(record)) for call, record in found if record}

    @asynccontextmanager
    async def deciding(self, call_id: str) -> AsyncIterator[None]:
        """One decision about a report at a time: two at once would both give money back.

        Raises ProblemError `wrong_state` while another is being made.
        """
        place, token = deciding_key(call_id), secrets.token_hex(8)
        if not await self._redis.set(place, token, nx=True, px=DECIDING_MS):
            raise ProblemError("wrong_state", "This report is being decided at this moment.")
        try:
            yield
        finally:
            await self._leave(keys=[place], args=[token])

    async def decide(
        self, call_id: str, *, refund_micros: int, answer: str, now_ms: int
    ) -> Dispute:
        """Close a report, with a refund already made or none. Again the same way: nothing.

        Raises ProblemError `not_found`, `wrong_state` (it was decided otherwise).
        """
        record = maybe_raw(await self._redis.hget(DISPUTES, call_id))
        if record is None:
            raise not_found("A report about this call")
        before = _unpack(record)
        if before.state != "open":
            if (before.refund_micros, before.answer) == (refund_micros, answer):
                return before
            raise ProblemError("wrong_state", "This report has been decided already.")
        after = replace(
            before,
            state="refunded" if refund_micros else "rejected",
            decided_at_ms=now_ms,
            answer=answer,
            refund_micros=refund_micros,
        )
        done = await self._decide(
            keys=[DISPUTES, DISPUTES_OPEN, DISPUTES_DECIDED],
            args=[call_id, record, _pack(after), now_ms],
        )
        if not done:
            raise ProblemError("wrong_state", "This report has been decided already.")
        return after

    async def listed(self, *, decided: bool) -> list[Dispute]:
        """Open reports, the longest waiting first; or decided ones, the newest first."""
        if decided:
            ids = await self._redis.zrange(DISPUTES_DECIDED, 0, LIST_MAX - 1, desc=True)
        else:
            ids = await self._redis.zrange(DISPUTES_OPEN, 0, LIST_MAX - 1)
        if not ids:
            return []
        records = await self._redis.hmget(DISPUTES, texts(ids))
        return [_unpack(raw(record)) for record in records if record]

    async def open_calls(self) -> list[str]:
        """The calls of all open reports. One that is decided meanwhile may be among them, and one
        be left out for it: who asks again and again sees all."""
        found: list[str] = []
        while page := await self._redis.zrange(DISPUTES_OPEN, len(found), len(found) + _PAGE - 1):
            found += texts(page)
        return found


def deciding_key(call_id: str) -> str:
    """Who is deciding the report about a call just now."""
    return f"{{dir}}:deciding:{call_id}"


def _pack(dispute: Dispute) -> bytes:
    return bytes(msgpack.packb({name: getattr(dispute, name) for name in Dispute.__slots__}))


def _unpack(record: bytes) -> Dispute:
    fields: dict[str, Any] = msgpack.unpackb(record)
    return Dispute(**fields)
