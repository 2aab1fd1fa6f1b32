"""How often somebody may do something: counters in Redis with a fixed window."""

from __future__ import annotations

from dataclasses import dataclass

import redis.asyncio

from signaling import keys
from signaling.errors import ProblemError

_COUNT = """
local n = redis.call('INCR', KEYS[1])
if n == 1 then redis.call('PEXPIRE', KEYS[1], ARGV[1]) end
return {n, redis.call('PTTL', KEYS[1])}
"""


@dataclass(frozen=True, slots=True)
class Limit:
    """At most `count` of `what` in `window_s` seconds by one person or from one address."""

    what: str
    count: int
    window_s: int


SIGN_IN_BY_ACCOUNT = Limit("sign-in-account", 10, 900)
SIGN_IN_BY_ADDRESS = Limit("sign-in-address", 1000, 900)  # an office may share one address
ACCOUNTS_BY_ADDRESS = Limit("accounts-address", 1000, 3600)
RINGS_BY_PERSON = Limit("rings", 30, 600)  # a caller is not to be a nuisance
VOUCHERS_BY_PERSON = Limit("vouchers", 20, 600)
PAYOUTS_BY_PERSON = Limit("payouts", 30, 3600)
REPORTS_BY_PERSON = Limit("reports", 30, 3600)
CHECKOUTS_BY_PERSON = Limit("checkouts", 30, 600)


class RateLimiter:
    """Counts attempts; an attempt that turned out harmless can be taken back."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client
        self._count = redis_client.register_script(_COUNT)

    async def take(self, limit: Limit, who: str) -> None:
        """Count one attempt. Raises ProblemError too_many_requests above the limit."""
        key = keys.rate(limit.what, who)
        count, left_ms = await self._count(keys=[key], args=[limit.window_s * 1000])
        if count > limit.count:
            left_s = max(1, -(-left_ms // 1000))
            wait = f"{left_s} seconds" if left_s < 90 else f"{-(-left_s // 60)} minutes"
            raise ProblemError(
                "too_many_requests",
                f"Too many attempts. Try again in {wait}.",
                retry_after_s=left_s,
            )

    async def forgive(self, limit: Limit, who: str) -> None:
        """Forget what was counted: the person has shown to be honest."""
        await self._redis.delete(keys.rate(limit.what, who))
