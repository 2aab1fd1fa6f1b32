"""The operator's rules for calls: what is free, what the platform takes, how long one waits."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Literal

import msgpack
import redis.asyncio

from metering.tariff import Tariff
from signaling import keys
from signaling.answers import maybe_raw
from signaling.call import Limits

# KEYS: pricing; ARGV: rules it replaces, new rules
_REPLACE = """
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
"""

PERIOD_S = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Pricing:
    """Rules for calls that start from now on. Floor and cap are micro-units per minute.

    They bind paid services only (zero is always allowed), and also those priced before the rule.
    """

    commission_bps: int = 1500
    threshold_s: int = 60
    threshold_mode: Literal["retroactive", "gift"] = "retroactive"
    initial_s: int = 1
    increment_s: int = 1
    min_minutes: int = 2
    price_floor_micros: int = 0
    price_cap_micros: int = 100_000_000
    probe_limit_per_day: int = 1
    ring_s: int = 45
    interrupted_s: int = 30
    on_hold_s: int = 60
    low_balance_s: tuple[int, ...] = (300, 120, 30)
    version: int = 1

    @property
    def limits(self) -> Limits:
        """How long a call that starts now may wait in each state."""
        return Limits(
            ring_s=self.ring_s,
            interrupted_s=self.interrupted_s,
            on_hold_s=self.on_hold_s,
            low_balance_s=self.low_balance_s,
        )

    def effective_price(self, price_micros: int, period_s: int) -> int:
        """The price a service sells at: its own, brought within floor and cap unless it is zero."""
        if price_micros == 0:
            return 0
        floor = -(-self.price_floor_micros * period_s // 60)  # rounded up, to stay above it
        cap = self.price_cap_micros * period_s // 60
        return min(max(price_micros, floor), cap)

    def tariff(self, currency: str, price_micros: int, period_s: int, price_version: int) -> Tariff:
        """What a call to a service costs now; the version counts every edit of price and rules."""
        return Tariff(
            currency=currency,
            price_micros=self.effective_price(price_micros, period_s),
            period_s=period_s,
            threshold_s=self.threshold_s,
            threshold_mode=self.threshold_mode,
            initial_s=self.initial_s,
            increment_s=self.increment_s,
            commission_bps=self.commission_bps,
            min_minutes=self.min_minutes,
            version=self.version + price_version,
        )


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
        return self._read(maybe_raw(await self._redis.get(keys.PRICING)))

    async def set(self, pricing: Pricing) -> Pricing:
        """Put new rules in force for later calls, made from those whose version they carry.

        Answers them with the next version; the same rules sent again change nothing. Raises
        ChangedMeanwhileError when others are in force by now.
        """
        while True:
            stored = maybe_raw(await self._redis.get(keys.PRICING))
            before = self._read(stored)
            if before == replace(pricing, version=before.version):
                return before
            if before.version != pricing.version:
                raise ChangedMeanwhileError(before)
            after = replace(pricing, version=before.version + 1)
            packed = bytes(msgpack.packb(asdict(after)))
            if await self._replace(keys=[keys.PRICING], args=[stored or b"", packed]):
                return after

    def _read(self, data: bytes | None) -> Pricing:
        if data is None:
            return self._default
        fields = msgpack.unpackb(data)
        fields["low_balance_s"] = tuple(fields["low_balance_s"])
        return Pricing(**fields)
