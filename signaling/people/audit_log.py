"""What operators did with other people's money: a log that only grows, bounded at its old end.

The books hold the money's own record; this says who pressed the button.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgpack
import redis.asyncio

from signaling.kernel.http.identity import User
from signaling.kernel.store.replies import raw

ACTIONS = "{dir}:actions"  # stream: what operators did with other people's money
KEPT = 10_000  # actions
_LOOKED_AT = 2_000  # the newest, for one question


@dataclass(frozen=True, slots=True)
class Action:
    """`about` is the id of the payout, call or person."""

    at_ms: int
    operator_id: str
    operator_name: str
    what: str  # payout_paid, payout_rejected, call_refunded, dispute_rejected, card_refunded
    about: str
    amount_micros: int
    note: str


class AuditLog:
    """The log in Redis."""

    def __init__(self, redis_client: redis.asyncio.Redis) -> None:
        self._redis = redis_client

    async def add(
        self,
        operator: User,
        what: str,
        about: str,
        *,
        amount_micros: int,
        note: str,
        now_ms: int,
    ) -> None:
        """Write one down."""
        row = [now_ms, operator.id, operator.name, what, about, amount_micros, note]
        await self._redis.xadd(ACTIONS, {"r": msgpack.packb(row)}, maxlen=KEPT, approximate=True)

    async def newest(
        self, *, about: str = "", whats: frozenset[str] = frozenset(), limit: int = 100
    ) -> list[Action]:
        """The newest first: all, or those about one thing or of certain kinds."""
        rows = await self._redis.xrevrange(ACTIONS, count=_LOOKED_AT)
        found = [
            Action(*msgpack.unpackb(raw(fields[b"r"]))) for _id, fields in rows or [] if fields
        ]
        chosen = [
            action
            for action in found
            if (not about or action.about == about) and (not whats or action.what in whats)
        ]
        return chosen[:limit]
