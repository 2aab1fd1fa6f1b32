"""Rules, tariffs as they are shown."""

from __future__ import annotations

from typing import Any, Literal

from metering.money import format_amount
from metering.tariff import Tariff
from signaling.kernel.http.views import View, Viewer
from signaling.pricing.rules import Pricing

ThresholdMode = Literal["retroactive", "gift"]


class TariffView(View):
    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    commission_bps: int | None = None  # provider and operator only
    min_minutes: int
    version: int
    hash: str


class PricingView(View):
    commission_bps: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    min_minutes: int
    price_floor: str
    price_cap: str
    probe_limit_per_day: int
    ring_s: int
    interrupted_s: int
    on_hold_s: int
    low_balance_s: list[int]
    version: int


def tariff_view(tariff: Tariff, viewer: Viewer) -> TariffView:
    """A tariff; the platform's part is none of the client's business."""
    own: dict[str, Any] = {}
    if viewer != "client":
        own["commission_bps"] = tariff.commission_bps
    return TariffView(
        currency=tariff.currency,
        price_micros=tariff.price_micros,
        period_s=tariff.period_s,
        threshold_s=tariff.threshold_s,
        threshold_mode=tariff.threshold_mode,
        increments=(tariff.initial_s, tariff.increment_s),
        min_minutes=tariff.min_minutes,
        version=tariff.version,
        hash=tariff.hash,
        **own,
    )


def pricing_view(pricing: Pricing) -> PricingView:
    """The operator's rules."""
    return PricingView(
        commission_bps=pricing.commission_bps,
        threshold_s=pricing.threshold_s,
        threshold_mode=pricing.threshold_mode,
        increments=(pricing.initial_s, pricing.increment_s),
        min_minutes=pricing.min_minutes,
        price_floor=format_amount(pricing.price_floor_micros),
        price_cap=format_amount(pricing.price_cap_micros),
        probe_limit_per_day=pricing.probe_limit_per_day,
        ring_s=pricing.ring_s,
        interrupted_s=pricing.interrupted_s,
        on_hold_s=pricing.on_hold_s,
        low_balance_s=list(pricing.low_balance_s),
        version=pricing.version,
    )
