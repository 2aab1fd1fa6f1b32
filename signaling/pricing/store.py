"""The rules in force, kept in Redis."""

from __future__ import annotations

from dataclasses import asdict, replace

import msgpack
import redis.asyncio

from signaling.kernel.store.replies import maybe_raw
from signaling.pricing.rules import Pricing

PRICING = "{dir}:pricing"  # the operator's rules

# KEYS: pricing; ARGV: rules it replaces, new rules
_REPLACE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""


class ChangedMeanwhileError(Exception):
    """Rules were made from others than the ones in force, which are `current`."""

    def __init__(self, current: Pricing) -> None:
        super().__init__(f"version {current.version} is in force")
        self.current = current


class PricingStore:
    """The rules in force, kept in Redis; until they are first edited, the configured ones."""

    def __init__(self, redis_client: redis.asyncio.Redis, default: Pricing) -> None:
        self._redis = redis_client
        self._default = default
        self._replace = redis_client.register_script(_REPLACE)

    async def get(self) -> Pricing:
        """The rules for a call that starts now."""
        return self._read(maybe_raw(await self._redis.get(PRICING)))

    async def set(self, pricing: Pricing) -> Pricing:
        """Put new rules in force for later calls, made from those whose version they carry.

        Answers them with the next version; the same rules sent again change nothing. Raises
        ChangedMeanwhileError when others are in force by now.
        """
        while True:
            stored = maybe_raw(await self._redis.get(PRICING))
            before = self._read(stored)
            if before == replace(pricing, version=before.version):
                return before
            if before.version != pricing.version:
                raise ChangedMeanwhileError(before)
            after = replace(pricing, version=before.version + 1)
            packed = bytes(msgpack.packb(asdict(after)))
            if await self._replace(keys=[PRICING], args=[stored or b"", packed]):
                return after

    def _read(self, data: bytes | None) -> Pricing:
        if data is None:
            return self._default
        fields = msgpack.unpackb(data)
        fields["low_balance_s"] = tuple(fields["low_balance_s"])
        return Pricing(**fields)
