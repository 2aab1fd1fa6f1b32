"""What a provider writes of a service, checked."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Literal
from zoneinfo import available_timezones

from pydantic import BeforeValidator, Field

from metering.money import format_amount
from metering.tariff import MAX_PRICE_MICROS
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.problems import invalid
from signaling.pricing.rules import PERIOD_S, Pricing
from signaling.services.hours import Hours, check_hours
from signaling.services.store import ServiceDraft

LANGUAGES_MAX = 20


def _hours(value: object) -> object:
    if not isinstance(value, dict):
        raise ValueError("Working hours name each day with its stretches of time.")
    stretches: dict[str, list[tuple[str, str]]] = {}
    for day, listed in value.items():
        if not isinstance(listed, list):
            raise ValueError(f"The hours of “{day}” are a list.")
        stretches[str(day)] = [_stretch(stretch) for stretch in listed]
    return check_hours(stretches)


def _stretch(stretch: object) -> tuple[str, str]:
    match stretch:
        case [str(start), str(stop)]:
            return start, stop
    raise ValueError('A stretch of working hours is a pair such as ["09:00", "17:00"].')


def _time_zone(value: object) -> object:
    if not isinstance(value, str) or value not in _time_zones():
        raise ValueError("This is not a time zone; one looks like Europe/Berlin.")
    return value


@cache
def _time_zones() -> frozenset[str]:
    """All there are; asking the system reads a directory tree."""
    return frozenset(available_timezones())


HoursField = Annotated[
    Hours, BeforeValidator(_hours, json_schema_input_type=dict[str, list[tuple[str, str]]])
]
TimeZone = Annotated[str, BeforeValidator(_time_zone, json_schema_input_type=str)]


class ServiceInput(Input):
    title: str = Field(min_length=3, max_length=80)
    kind: str = Field(min_length=2, max_length=40)
    description: str = Field(default="", max_length=4000)
    qualifications: str = Field(default="", max_length=2000)
    languages: list[Annotated[str, Field(min_length=1, max_length=40)]] = Field(
        default_factory=list, max_length=LANGUAGES_MAX
    )
    time_zone: TimeZone = "UTC"
    hours: HoursField = Field(default_factory=lambda: check_hours({}))
    price: Amount
    period: Literal["minute", "hour"] = "minute"
    published: bool = False

    def draft(self, pricing: Pricing, currency: str) -> ServiceDraft:
        """The service as written. Raises ProblemError when the price is outside the rules."""
        allowed = pricing.effective_price(self.price, PERIOD_S[self.period])
        if self.price > MAX_PRICE_MICROS or self.price != allowed:
            bound = "least" if self.price < allowed else "most"
            raise invalid(
                "price",
                f"The price must be at {bound} {format_amount(allowed)} {currency} "
                f"per {self.period} on this platform.",
            )
        return ServiceDraft(
            title=self.title,
            kind=self.kind,
            description=self.description,
            qualifications=self.qualifications,
            languages=tuple(dict.fromkeys(self.languages)),
            time_zone=self.time_zone,
            hours=self.hours,
            price_micros=self.price,
            period=self.period,
            published=self.published,
        )
