"""The public side of services: who finds what, with the terms of a call that starts now."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from metering.tariff import Tariff
from signaling.kernel.clock import Clock
from signaling.kernel.problems import not_found
from signaling.presence.store import Presence
from signaling.pricing.rules import PERIOD_S, Pricing
from signaling.pricing.store import PricingStore
from signaling.services.store import Service, Services
from signaling.services.views import PublicServiceView, public_service_view

SERVICES_MAX = 200
ON_DUTY_MAX = 500  # providers whose services are sure to be looked at


@dataclass(frozen=True, kw_only=True)
class Catalogue:
    """What anyone may look up; `base_url` is the site's own address."""

    services: Services
    pricing: PricingStore
    presence: Presence
    clock: Clock
    currency: str
    base_url: str

    async def service(self, slug: str) -> PublicServiceView:
        """What anyone sees of a published service. Raises ProblemError `not_found`."""
        service = await self.services.by_slug(slug)
        if service is None or not service.published:
            raise not_found("This service")
        return (await self._views([service]))[0]

    async def even_hidden(self, slug: str) -> PublicServiceView | None:
        """The same of a service that may have been taken off the site; None if there is none."""
        service = await self.services.by_slug(slug)
        return (await self._views([service]))[0] if service else None

    async def search(self, query: str = "", kind: str = "") -> list[PublicServiceView]:
        """Published services that fit a search; those one can call now first, then by title."""
        on_duty = await self.presence.on_duty(ON_DUTY_MAX)
        found = [s for s in await self.services.published(on_duty) if matches(s, query, kind)]
        order = {"on_duty": 0, "busy": 1, "off_duty": 2}
        duties = await self.presence.duties({s.provider_id for s in found}, self.clock())
        found.sort(key=lambda s: order[duties[s.provider_id]])
        return await self._views(found[:SERVICES_MAX])

    async def kinds(self) -> list[str]:
        """The kinds of activity there are published services of, for the search's filter."""
        by_fold = {s.kind.casefold(): s.kind for s in await self.services.published()}
        return [by_fold[fold] for fold in sorted(by_fold)]

    async def _views(self, services: list[Service]) -> list[PublicServiceView]:
        if not services:
            return []
        pricing, duties = await asyncio.gather(
            self.pricing.get(),
            self.presence.duties({s.provider_id for s in services}, self.clock()),
        )
        return [
            public_service_view(
                service,
                service_tariff(service, pricing, self.currency),
                duties[service.provider_id],
                self.base_url,
            )
            for service in services
        ]


def service_tariff(service: Service, pricing: Pricing, currency: str) -> Tariff:
    """What a call to a service costs if it starts now and the client's probe is free."""
    return pricing.tariff(
        currency, service.price_micros, PERIOD_S[service.period], service.price_version
    )


def matches(service: Service, query: str, kind: str) -> bool:
    """Whether a search finds a service: every word somewhere in it, the kind exactly."""
    if kind and service.kind.casefold() != kind.strip().casefold():
        return False
    text = " ".join(
        (
            service.title,
            service.kind,
            service.description,
            service.qualifications,
            service.provider_name,
            *service.languages,
        )
    ).casefold()
    return all(word in text for word in query.casefold().split())
