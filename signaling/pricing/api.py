"""The rules over REST."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field, model_validator

from metering.money import format_amount
from metering.tariff import MAX_PRICE_MICROS
from signaling.kernel.http.identity import OPERATOR
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.problems import ProblemError
from signaling.kernel.room import Room
from signaling.pricing.rules import Pricing
from signaling.pricing.store import ChangedMeanwhileError, PricingStore
from signaling.pricing.views import PricingView, pricing_view


class PricingInput(Input):
    commission_bps: int = Field(ge=0, le=10_000)
    threshold_s: int = Field(ge=0, le=3600)
    threshold_mode: Literal["retroactive", "gift"]
    increments: tuple[
        Annotated[int, Field(ge=1, le=3600)],
        Annotated[int, Field(ge=1, le=3600)],
    ]
    min_minutes: int = Field(ge=0, le=1440)
    price_floor: Amount
    price_cap: Amount
    probe_limit_per_day: int = Field(ge=0, le=1000)
    ring_s: int = Field(ge=5, le=600)
    interrupted_s: int = Field(ge=5, le=600)
    on_hold_s: int = Field(ge=5, le=3600)
    low_balance_s: list[Annotated[int, Field(ge=1, le=86_400)]] = Field(max_length=10)
    version: int = Field(description="of the rules that were changed; the new ones get the next")

    @model_validator(mode="after")
    def _check(self) -> PricingInput:
        if self.price_cap > MAX_PRICE_MICROS // 60:
            most = format_amount(MAX_PRICE_MICROS // 60)
            raise ValueError(f"price_cap: The cap can be {most} per minute at most.")
        if self.price_floor > self.price_cap:
            raise ValueError("price_floor: The floor is above the cap.")
        return self

    def pricing(self) -> Pricing:
        """The rules as written."""
        return Pricing(
            commission_bps=self.commission_bps,
            threshold_s=self.threshold_s,
            threshold_mode=self.threshold_mode,
            initial_s=self.increments[0],
            increment_s=self.increments[1],
            min_minutes=self.min_minutes,
            price_floor_micros=self.price_floor,
            price_cap_micros=self.price_cap,
            probe_limit_per_day=self.probe_limit_per_day,
            ring_s=self.ring_s,
            interrupted_s=self.interrupted_s,
            on_hold_s=self.on_hold_s,
            low_balance_s=tuple(sorted(set(self.low_balance_s), reverse=True)),
            version=self.version,
        )


class PricingAnswer(View):
    pricing: PricingView


@dataclass(frozen=True)
class PricingApi:
    """The handlers."""

    store: PricingStore

    async def pricing(self, _: ApiRequest) -> PricingAnswer:
        return PricingAnswer(pricing=pricing_view(await self.store.get()))

    async def set_pricing(self, request: ApiRequest) -> PricingAnswer:
        try:
            after = await self.store.set(request.read(PricingInput).pricing())
        except ChangedMeanwhileError as error:
            raise ProblemError(
                "conflict",
                "The rules were changed by somebody else while you were at it. Load the current "
                "ones and make your change again.",
                facts={"pricing": pricing_view(error.current).model_dump()},
            ) from error
        return PricingAnswer(pricing=pricing_view(after))

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/admin/pricing",
                    self.pricing,
                    "The rules",
                    PricingAnswer,
                    roles=OPERATOR,
                ),
                Route(
                    "PUT",
                    "/admin/pricing",
                    self.set_pricing,
                    "Change the rules for later calls",
                    PricingAnswer,
                    PricingInput,
                    roles=OPERATOR,
                ),
            )
        )
