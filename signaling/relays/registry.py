"""Which relays are alive, which of them takes the next call."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass

import msgpack
import redis.asyncio

from signaling.kernel.store.replies import raw, text

RELAYS = "relays"  # hash: relay → its last announcement

DEAD_AFTER_MS = 5_000  # five announcements missed
FORGET_AFTER_MS = 60_000  # shown to the operator as dead until then


@dataclass(frozen=True, slots=True)
class RelayInfo:
    """What a relay says of itself every second."""

    id: str
    control_url: str
    calls: int
    participants: int
    draining: bool
    at_ms: int

    def alive(self, now_ms: int) -> bool:
        """Whether it has announced itself lately."""
        return now_ms - self.at_ms <= DEAD_AFTER_MS


class RelayRegistry:
    """The relays' announcements in Redis."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client

    async def announce(self, info: RelayInfo) -> None:
        """Called by each relay every second, and at once when it starts to drain."""
        await self._redis.hset(RELAYS, info.id, msgpack.packb(asdict(info)))

    async def retire(self, relay_id: str) -> None:
        """A relay stops in good order."""
        await self._redis.hdel(RELAYS, relay_id)

    async def all(self) -> dict[str, RelayInfo]:
        """Every relay that has not been forgotten, alive or dead."""
        rows = await self._redis.hgetall(RELAYS)
        return {text(key): RelayInfo(**msgpack.unpackb(raw(row))) for key, row in rows.items()}

    async def alive(self, now_ms: int) -> dict[str, RelayInfo]:
        """Those that announced themselves within the last 5 s."""
        return {key: info for key, info in (await self.all()).items() if info.alive(now_ms)}

    async def pick(self, now_ms: int, *, without: Collection[str] = ()) -> RelayInfo | None:
        """The least loaded relay that takes new calls; None when there is none."""
        takers = [
            info
            for info in (await self.alive(now_ms)).values()
            if not info.draining and info.id not in without
        ]
        return min(takers, key=lambda info: (info.participants, info.calls, info.id), default=None)

    async def forget_dead(self, now_ms: int) -> None:
        """Drop relays that have been silent for a minute."""
        silent = [
            info.id for info in (await self.all()).values() if now_ms - info.at_ms > FORGET_AFTER_MS
        ]
        if silent:
            await self._redis.hdel(RELAYS, *silent)
