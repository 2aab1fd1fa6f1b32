"""Who is on duty: a provider that said so, with a socket open somewhere.

Every web process stamps the people whose sockets it holds. A stamp older than 20 s means that
all of them are closed, or their process is gone; the provider is then off duty until they say
otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

import msgpack
import redis.asyncio

from signaling.kernel.store.replies import maybe_text, texts

Duty = Literal["on_duty", "busy", "off_duty"]

# Why somebody is off duty: they said so, or no page of theirs was open any more.
OffReason = Literal["switched_off", "pages_closed"]

DUTY = "{dir}:duty"  # set: providers that said they are on duty
SEEN = "{dir}:seen"  # sorted set: person → when a socket of theirs was last open (ms)
OFF = "{dir}:off"  # hash: provider → when their duty ended (ms), with an OffReason
BUSY = "{dir}:busy"  # hash: person → the call they are in; claimed by the calls' scripts

DUTY_CHANNEL = "tipmeet:duty"

GRACE_MS = 20_000  # a reload or a network switch takes a few seconds
STAMP_EVERY_S = 5.0  # four chances to be seen within the grace

# KEYS: duty, seen, off; ARGV: seen before
_RETIRE = """
local gone = {}
for _, provider in ipairs(redis.call('SMEMBERS', KEYS[1])) do
  local seen = redis.call('ZSCORE', KEYS[2], provider)
  if not seen or tonumber(seen) < tonumber(ARGV[1]) then
    redis.call('SREM', KEYS[1], provider)
    redis.call('HSET', KEYS[3], provider, string.format('%d pages_closed', seen or ARGV[1]))
    gone[#gone + 1] = provider
  end
end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. ARGV[1])
return gone
"""

# KEYS: duty, seen, off; ARGV: provider, seen before, now
_ARRIVE = """
local seen = redis.call('ZSCORE', KEYS[2], ARGV[1])
local away = not seen or tonumber(seen) < tonumber(ARGV[2])
if away and redis.call('SREM', KEYS[1], ARGV[1]) == 1 then
  redis.call('HSET', KEYS[3], ARGV[1], string.format('%d pages_closed', seen or ARGV[2]))
end
redis.call('ZADD', KEYS[2], 'GT', ARGV[3], ARGV[1])
return 1
"""


@dataclass(frozen=True, slots=True)
class OffDuty:
    """When a provider's duty ended, Unix milliseconds, with why."""

    since_ms: int
    reason: OffReason


class Presence:
    """Duty in Redis, announced on its channel when it changes."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client
        self._retire = redis_client.register_script(_RETIRE)
        self._arrive = redis_client.register_script(_ARRIVE)

    async def set_duty(self, provider_id: str, on: bool, now_ms: int) -> None:
        """A provider with an open socket says whether it takes calls."""
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.zadd(SEEN, {provider_id: now_ms})
            if on:
                pipeline.sadd(DUTY, provider_id)
                pipeline.hdel(OFF, provider_id)
            else:
                pipeline.srem(DUTY, provider_id)
                pipeline.hset(OFF, provider_id, f"{now_ms} switched_off")
            await pipeline.execute()
        await self.announce(provider_id)

    async def arrive(self, provider_id: str, now_ms: int) -> None:
        """Somebody opens a socket: a provider within 20 s of the last one is still on duty."""
        await self._arrive(keys=[DUTY, SEEN, OFF], args=[provider_id, now_ms - GRACE_MS, now_ms])

    async def stamp(self, user_ids: Iterable[str], now_ms: int) -> None:
        """These people have a socket open here at this instant."""
        seen = dict.fromkeys(user_ids, now_ms)
        if seen:
            await self._redis.zadd(SEEN, seen, gt=True)

    async def retire_unseen(self, now_ms: int) -> list[str]:
        """Take those off duty whose last socket closed 20 s ago; answers who they are."""
        args = [now_ms - GRACE_MS]
        gone = texts(await self._retire(keys=[DUTY, SEEN, OFF], args=args))
        for provider_id in gone:
            await self.announce(provider_id)
        return gone

    async def gone(self, user_ids: list[str], now_ms: int) -> set[str]:
        """Which of these people have had no socket open for 20 s."""
        if not user_ids:
            return set()
        seen = await self._redis.zmscore(SEEN, user_ids)
        return {
            user_id
            for user_id, at_ms in zip(user_ids, seen, strict=True)
            if at_ms is None or at_ms < now_ms - GRACE_MS
        }

    async def duty(self, provider_id: str, now_ms: int) -> Duty:
        """Whether a provider takes calls now."""
        return (await self.duties([provider_id], now_ms))[provider_id]

    async def off_duty(self, provider_id: str) -> OffDuty | None:
        """Since when a provider is off duty; None on duty, or when they never were."""
        kept = maybe_text(await self._redis.hget(OFF, provider_id))
        if kept is None:
            return None
        since_ms, _, reason = kept.partition(" ")
        return OffDuty(
            int(since_ms), "switched_off" if reason == "switched_off" else "pages_closed"
        )

    async def duties(self, provider_ids: Iterable[str], now_ms: int) -> dict[str, Duty]:
        """The same for many, in one round trip."""
        ids = sorted(set(provider_ids))
        if not ids:
            return {}
        pipeline = self._redis.pipeline(transaction=False)
        pipeline.smismember(DUTY, ids)
        pipeline.zmscore(SEEN, ids)
        pipeline.hmget(BUSY, ids)
        said, seen, calls = await pipeline.execute()
        return {
            provider_id: _duty(bool(on), at_ms, call is not None, now_ms)
            for provider_id, on, at_ms, call in zip(ids, said, seen, calls, strict=True)
        }

    async def on_duty(self, at_most: int) -> list[str]:
        """Providers that said they take calls; any `at_most` of them."""
        found: Any = await self._redis.srandmember(DUTY, at_most)
        return texts(found)

    async def call_of(self, user_id: str) -> str | None:
        """Id of the call a person is in."""
        return maybe_text(await self._redis.hget(BUSY, user_id))

    async def announce(self, provider_id: str) -> None:
        """Say that a provider's duty may have changed."""
        await self._redis.publish(DUTY_CHANNEL, msgpack.packb({"provider": provider_id}))


def _duty(said: bool, seen_at_ms: float | None, in_call: bool, now_ms: int) -> Duty:
    if not said or seen_at_ms is None or seen_at_ms < now_ms - GRACE_MS:
        return "off_duty"
    return "busy" if in_call else "on_duty"
