"""Whom a provider does not want to be called by."""

from __future__ import annotations

from dataclasses import dataclass

import msgpack
import redis.asyncio

from signaling.kernel.problems import ProblemError
from signaling.kernel.store.replies import raw, text

BLOCKED_MAX = 1_000  # by one provider


@dataclass(frozen=True, slots=True)
class Blocked:
    """A client who cannot call a provider; the name is the one they called under."""

    client_id: str
    name: str
    at_ms: int


class Blocks:
    """Blocked clients in Redis, by provider."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client

    async def block(self, provider_id: str, blocked: Blocked) -> None:
        """From now on this client cannot ring the provider. Raises ProblemError `too_many`."""
        key = blocks_of(provider_id)
        if await self._redis.hlen(key) >= BLOCKED_MAX:
            raise ProblemError("too_many", f"One provider can block {BLOCKED_MAX} clients at most.")
        row = msgpack.packb([blocked.name, blocked.at_ms])
        await self._redis.hset(key, blocked.client_id, row)

    async def unblock(self, provider_id: str, client_id: str) -> None:
        """They may ring again. Unblocking somebody who is not blocked changes nothing."""
        await self._redis.hdel(blocks_of(provider_id), client_id)

    async def is_blocked(self, provider_id: str, client_id: str) -> bool:
        """Whether this client cannot ring this provider."""
        return bool(await self._redis.hexists(blocks_of(provider_id), client_id))

    async def of_provider(self, provider_id: str) -> list[Blocked]:
        """Everybody a provider has blocked, the newest first."""
        rows = await self._redis.hgetall(blocks_of(provider_id))
        found = [
            Blocked(text(client_id), *msgpack.unpackb(raw(row))) for client_id, row in rows.items()
        ]
        return sorted(found, key=lambda blocked: (-blocked.at_ms, blocked.client_id))


def blocks_of(provider_id: str) -> str:
    """Hash: client who cannot call this provider → since when, under which name."""
    return f"{{dir}}:blocks:{provider_id}"
