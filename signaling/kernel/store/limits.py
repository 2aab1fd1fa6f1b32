"""How often somebody may do something: counters in Redis with a fixed window.

Our own: `limits` asks twice to say how long to wait, cannot give an attempt back, brings a client.
"""

from __future__ import annotations

from dataclasses import dataclass

import redis.asyncio

from signaling.kernel.problems import ProblemError

_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}
"""

# A counter that ran out meanwhile is not made anew: it would stay for ever.
_GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or 0) > 0 then redis.call('DECR', KEYS[1]) end
return 1
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` of `what` in `window_s` seconds by one person or from one address."""

    what: str
    count: int
    window_s: int


class RateLimiter:
    """Counts attempts; an attempt that turned out harmless can be taken back."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client
        self._count = redis_client.register_script(_COUNT)
        self._give_back = redis_client.register_script(_GIVE_BACK)

    async def take(self, limit: Limit, who: str) -> None:
        """Count one attempt. Raises ProblemError too_many_requests above the limit."""
        key = _key(limit, who)
        count, left_ms = await self._count(keys=[key], args=[limit.window_s * 1000])
        if count > limit.count:
            left_s = max(1, -(-left_ms // 1000))
            wait = f"{left_s} seconds" if left_s < 90 else f"{-(-left_s // 60)} minutes"
            raise ProblemError(
                "too_many_requests",
                f"Too many attempts. Try again in {wait}.",
                retry_after_s=left_s,
            )

    async def give_back(self, limit: Limit, who: str) -> None:
        """Forget one attempt: it was not carried out."""
        await self._give_back(keys=[_key(limit, who)])

    async def forgive(self, limit: Limit, who: str) -> None:
        """Forget what was counted: the person has shown to be honest."""
        await self._redis.delete(_key(limit, who))


def _key(limit: Limit, who: str) -> str:
    """How often `who` did it in the present window."""
    return f"tipmeet:rate:{limit.what}:{who}"
