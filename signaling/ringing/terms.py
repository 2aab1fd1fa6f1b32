"""What a call would cost somebody now, with what stands in its way."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from metering.books import Books
from metering.calls.calls import Quote
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, not_found
from signaling.presence.store import Presence
from signaling.pricing.rules import Pricing
from signaling.pricing.store import PricingStore
from signaling.ringing.admission import refusal
from signaling.ringing.blocks import Blocks
from signaling.ringing.views import QuoteView, quote_view
from signaling.services.catalogue import service_tariff
from signaling.services.store import Service, Services


@dataclass(frozen=True, slots=True)
class Terms:
    """What a call of this person to this service would be like now."""

    service: Service
    pricing: Pricing
    quote: Quote
    refusal: ProblemError | None


@dataclass(frozen=True, kw_only=True)
class Offers:
    """Asks everybody who has a say in a call's terms."""

    services: Services
    pricing: PricingStore
    presence: Presence
    blocks: Blocks
    books: Books
    currency: str
    clock: Clock

    async def terms(self, user: User, slug: str) -> Terms:
        """Price, money and what stands in the way. Raises ProblemError `not_found`."""
        service = await self.services.by_slug(slug)
        if service is None:
            raise not_found("This service")
        now_ms = self.clock()
        pricing, duty, in_call, blocked = await asyncio.gather(
            self.pricing.get(),
            self.presence.duty(service.provider_id, now_ms),
            self.presence.call_of(user.id),
            self.blocks.is_blocked(service.provider_id, user.id),
        )
        quote = await self.books.calls.quote(
            user.id,
            service.id,
            service_tariff(service, pricing, self.currency),
            now_ms=now_ms,
            probe_limit_per_day=pricing.probe_limit_per_day,
        )
        problem = refusal(user, service, duty, quote, in_call=in_call is not None, blocked=blocked)
        return Terms(service, pricing, quote, problem)

    async def quote(self, user: User, slug: str) -> QuoteView:
        """What a call would cost this person now. Raises ProblemError `not_found`."""
        offered = await self.terms(user, slug)
        if not offered.service.published:
            raise not_found("This service")
        return quote_view(offered.quote, offered.refusal)
