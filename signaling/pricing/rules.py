"""The operator's rules for calls: what is free, what the platform takes, how long one waits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from metering.tariff import Tariff

PERIOD_S = {"minute": 60, "hour": 3600}


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long a call may wait in each state, locked in when it starts. Seconds."""

    opening_s: int = 15  # the books answer in milliseconds; this is for a process that died
    ring_s: int = 45
    connecting_s: int = 45  # a permission prompt may be waiting in the provider's browser
    interrupted_s: int = 30
    on_hold_s: int = 60
    low_balance_s: tuple[int, ...] = (300, 120, 30)


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
    def limits(self) -> Timeouts:
        """How long a call that starts now may wait in each state."""
        return Timeouts(
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
        """What a call to a service costs now; `price_version` counts the edits of its price."""
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
