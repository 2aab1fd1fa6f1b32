"""Services as they are shown, to their owner or to anyone."""

from __future__ import annotations

from typing import Literal

from metering.money import format_amount
from metering.tariff import Tariff
from signaling.kernel.http.views import Name, View
from signaling.presence.store import Duty
from signaling.pricing.views import ThresholdMode
from signaling.services.hours import Hours
from signaling.services.store import Service


class ServiceView(View):
    """A service as its owner sees it."""

    id: str
    slug: str
    url: str
    provider_id: str
    title: str
    kind: str
    description: str
    qualifications: str
    languages: list[str]
    time_zone: str
    hours: Hours
    price: str
    price_micros: int
    period: Literal["minute", "hour"]
    published: bool


class PublicServiceView(View):
    """A service as anyone sees it, with the terms of a call that starts now."""

    slug: str
    url: str
    title: str
    kind: str
    description: str
    qualifications: str
    languages: list[str]
    time_zone: str
    hours: Hours
    provider: Name
    availability: Duty
    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    increments: tuple[int, int]
    min_minutes: int
    tariff_version: int
    tariff_hash: str


def service_view(service: Service, base_url: str) -> ServiceView:
    """A service, to its owner."""
    return ServiceView(
        id=service.id,
        slug=service.slug,
        url=service_url(base_url, service.slug),
        provider_id=service.provider_id,
        title=service.title,
        kind=service.kind,
        description=service.description,
        qualifications=service.qualifications,
        languages=list(service.languages),
        time_zone=service.time_zone,
        hours=service.hours,
        price=format_amount(service.price_micros),
        price_micros=service.price_micros,
        period=service.period,
        published=service.published,
    )


def public_service_view(
    service: Service, tariff: Tariff, duty: Duty, base_url: str
) -> PublicServiceView:
    """A service, to anyone."""
    return PublicServiceView(
        slug=service.slug,
        url=service_url(base_url, service.slug),
        title=service.title,
        kind=service.kind,
        description=service.description,
        qualifications=service.qualifications,
        languages=list(service.languages),
        time_zone=service.time_zone,
        hours=service.hours,
        provider=Name(name=service.provider_name),
        availability=duty,
        currency=tariff.currency,
        price_micros=tariff.price_micros,
        period_s=tariff.period_s,
        threshold_s=tariff.threshold_s,
        threshold_mode=tariff.threshold_mode,
        increments=(tariff.initial_s, tariff.increment_s),
        min_minutes=tariff.min_minutes,
        tariff_version=tariff.version,
        tariff_hash=tariff.hash,
    )


def service_url(base_url: str, slug: str) -> str:
    """The public page of a service."""
    return f"{base_url.rstrip('/')}/s/{slug}"
