"""Call records in Redis: written by compare-then-set, indexed in the same step, announced to all.

Every write is one script, so a crash leaves either all of it or nothing: the record, who is busy,
which calls are open, when somebody must look again, and the message that says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import msgpack
import redis.asyncio

from signaling.calls.record import Call, Side
from signaling.calls.state import due_at_ms
from signaling.kernel.store.replies import raw, texts
from signaling.presence.store import BUSY

DUE = "{dir}:due"  # sorted set: call → when somebody must look at it (ms)
OPEN = "{dir}:open"  # set: calls that are not over
CALLS = "{dir}:calls"  # sorted set: every call by its start (ms)

CALLS_CHANNEL = "tipmeet:calls"

# KEYS: record, busy, due, open, calls, calls of the client, calls of the provider
# ARGV: id, client, provider, record, due, created, channel, message
_CREATE = """
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 1 then return 'client' end
if redis.call('HEXISTS', KEYS[2], ARGV[3]) == 1 then return 'provider' end
if redis.call('EXISTS', KEYS[1]) == 1 then return 'exists' end
redis.call('HSET', KEYS[1], 'v', '1', 'r', ARGV[4])
redis.call('HSET', KEYS[2], ARGV[2], ARGV[1], ARGV[3], ARGV[1])
redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1])
redis.call('SADD', KEYS[4], ARGV[1])
for i = 5, 7 do redis.call('ZADD', KEYS[i], ARGV[6], ARGV[1]) end
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 'ok'
"""

# KEYS: record, busy, due, open
# ARGV: id, client, provider, record, due or '', replaced version, version, over, channel, message
_REPLACE = """
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[6] then return 0 end
redis.call('HSET', KEYS[1], 'v', ARGV[7], 'r', ARGV[4])
if ARGV[5] == '' then redis.call('ZREM', KEYS[3], ARGV[1])
else redis.call('ZADD', KEYS[3], ARGV[5], ARGV[1]) end
if ARGV[8] == '1' then
  redis.call('SREM', KEYS[4], ARGV[1])
  for i = 2, 3 do
    if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
  end
end
redis.call('PUBLISH', ARGV[9], ARGV[10])
return 1
"""

# KEYS: record, busy, due, open, calls, calls of the client, calls of the provider
# ARGV: id, client, provider, version
_DISCARD = """
if redis.call('HGET', KEYS[1], 'v') ~= ARGV[4] then return 0 end
redis.call('DEL', KEYS[1])
for i = 2, 3 do
  if redis.call('HGET', KEYS[2], ARGV[i]) == ARGV[1] then redis.call('HDEL', KEYS[2], ARGV[i]) end
end
redis.call('ZREM', KEYS[3], ARGV[1])
redis.call('SREM', KEYS[4], ARGV[1])
for i = 5, 7 do redis.call('ZREM', KEYS[i], ARGV[1]) end
return 1
"""

# KEYS: due; ARGV: id, now, again
_CLAIM_DUE = """
local due = redis.call('ZSCORE', KEYS[1], ARGV[1])
if not due or tonumber(due) > tonumber(ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[1], ARGV[3], ARGV[1])
return 1
"""


class CallStore:
    """Where calls are written down. All methods may raise redis.RedisError."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client
        self._create = redis_client.register_script(_CREATE)
        self._replace = redis_client.register_script(_REPLACE)
        self._discard = redis_client.register_script(_DISCARD)
        self._claim_due = redis_client.register_script(_CLAIM_DUE)

    async def create(self, call: Call) -> Side | None:
        """Write a new record and claim both people; answers who is busy if one already is."""
        answer = await self._create(
            keys=self._all_keys(call),
            args=[
                call.id,
                call.client_id,
                call.provider_id,
                call.pack(),
                due_at_ms(call) or call.created_at_ms,
                call.created_at_ms,
                CALLS_CHANNEL,
                _message(call.id),
            ],
        )
        if answer == b"exists":
            raise ValueError(f"call {call.id} exists already")
        if answer == b"ok":
            return None
        return "client" if answer == b"client" else "provider"

    async def replace(self, before: Call, after: Call) -> Call | None:
        """Write `after` if the record still is `before`; None when somebody else was faster."""
        after = replace(after, version=before.version + 1)
        due = due_at_ms(after)
        done = await self._replace(
            keys=[call_key(after.id), BUSY, DUE, OPEN],
            args=[
                after.id,
                after.client_id,
                after.provider_id,
                after.pack(),
                "" if due is None else due,
                before.version,
                after.version,
                int(after.over),
                CALLS_CHANNEL,
                _message(after.id),
            ],
        )
        return after if done else None

    async def discard(self, call: Call) -> bool:
        """Take back a record that came to nothing; False when it has changed since."""
        return bool(
            await self._discard(
                keys=self._all_keys(call),
                args=[call.id, call.client_id, call.provider_id, call.version],
            )
        )

    async def get(self, call_id: str) -> Call | None:
        """The record as it is now."""
        return _read(await self._redis.hmget(call_key(call_id), "v", "r"))

    async def get_many(self, call_ids: list[str]) -> list[Call]:
        """The records of those that exist, in the given order, in one round trip."""
        if not call_ids:
            return []
        pipeline = self._redis.pipeline(transaction=False)
        for call_id in call_ids:
            pipeline.hmget(call_key(call_id), "v", "r")
        return [call for row in await pipeline.execute() if (call := _read(row))]

    async def open_calls(self) -> list[str]:
        """Ids of the calls that are not over."""
        return sorted(texts(await self._redis.smembers(OPEN)))

    async def due(self, now_ms: int, limit: int) -> list[str]:
        """Ids of calls somebody must look at, the longest due first."""
        found = await self._redis.zrange(DUE, "-inf", now_ms, byscore=True, offset=0, num=limit)
        return texts(found)

    async def claim_due(self, call_id: str, now_ms: int, again_ms: int) -> bool:
        """Take a due call for oneself; it comes due again at `again_ms` if nothing happens."""
        return bool(await self._claim_due(keys=[DUE], args=[call_id, now_ms, again_ms]))

    async def history(self, user_id: str | None, before_ms: int | None, limit: int) -> list[Call]:
        """Calls newest first that started before `before_ms`: one person's, or everybody's."""
        newest = "+inf" if before_ms is None else f"({before_ms}"
        key = CALLS if user_id is None else calls_of(user_id)
        found = await self._redis.zrange(
            key, newest, "-inf", desc=True, byscore=True, offset=0, num=limit
        )
        return await self.get_many(texts(found))

    @staticmethod
    def _all_keys(call: Call) -> list[str]:
        return [
            call_key(call.id),
            BUSY,
            DUE,
            OPEN,
            CALLS,
            calls_of(call.client_id),
            calls_of(call.provider_id),
        ]


def call_key(call_id: str) -> str:
    """Hash: `v` the version, `r` the record."""
    return f"{{dir}}:call:{call_id}"


def calls_of(user_id: str) -> str:
    """Sorted set: a person's calls by their start (ms)."""
    return f"{{dir}}:calls:{user_id}"


def _message(call_id: str) -> bytes:
    return bytes(msgpack.packb({"call": call_id}))


def _read(row: Sequence[Any]) -> Call | None:
    version, record = row
    if version is None or record is None:
        return None
    return Call.unpack(raw(record), int(version))
