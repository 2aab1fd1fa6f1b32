"""What may come in over REST and WebSocket: each body is validated here once."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Annotated, Any, Literal
from zoneinfo import available_timezones

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from metering.money import format_amount, parse_amount
from metering.tariff import MAX_PRICE_MICROS
from signaling.accounts import NAME_MAX, PASSWORD_MAX
from signaling.errors import ProblemError, invalid
from signaling.hours import Hours, check_hours
from signaling.pricing import PERIOD_S, Pricing
from signaling.services import ServiceDraft

OFFER_MAX = 60_000  # characters; a browser's is under 10,000
LANGUAGES_MAX = 20


def _amount(value: object) -> object:
    if not isinstance(value, str):
        raise ValueError('Write the amount as text in digits, for example "12.50".')
    return parse_amount(value)


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


Amount = Annotated[
    int,
    BeforeValidator(_amount, json_schema_input_type=str),
    Field(description='micro-units, written as a decimal string such as "0.30"'),
]
HoursField = Annotated[
    Hours, BeforeValidator(_hours, json_schema_input_type=dict[str, list[tuple[str, str]]])
]
TimeZone = Annotated[str, BeforeValidator(_time_zone, json_schema_input_type=str)]


class Input(BaseModel):
    """Base of all bodies: unknown fields are a mistake worth telling."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class SignUp(Input):
    email: str = Field(max_length=300)
    password: str = Field(max_length=PASSWORD_MAX)
    name: str = Field(min_length=1, max_length=NAME_MAX)
    role: Literal["client", "provider"]

    # A password may begin or end with a space.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Guest(Input):
    name: str = Field(min_length=1, max_length=NAME_MAX)


class SignIn(Input):
    email: str = Field(max_length=300)
    password: str = Field(max_length=1000)

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class VoucherCode(Input):
    code: str = Field(min_length=1, max_length=64)


class CardTopUp(Input):
    amount: Amount = Field(gt=0)


class CardRefund(Input):
    top_up: str = Field(min_length=1, max_length=64, description="number in the statement's note")
    amount: Amount = Field(gt=0)


class PayoutRequest(Input):
    amount: Amount = Field(gt=0)
    note: str = Field(default="", max_length=200, description="for the operator: where to pay it")


class PayoutPaid(Input):
    reference: str = Field(min_length=1, max_length=200, description="of the bank's transfer")


class Reason(Input):
    """Why, in words that the other side reads."""

    reason: str = Field(min_length=1, max_length=200)


class ProblemReport(Input):
    reason: str = Field(min_length=10, max_length=1000)


class RefundInput(Input):
    amount: Amount = Field(gt=0)
    reason: str = Field(min_length=1, max_length=200, description="shown to the client")


class DisputeDecision(Input):
    amount: Amount = Field(default=0, ge=0, description="to give back; 0: the report is rejected")
    answer: str = Field(min_length=1, max_length=200, description="shown to both parties")


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


class BlockInput(Input):
    call: str = Field(min_length=1, max_length=64)


class VouchersInput(Input):
    amount: Amount = Field(gt=0)
    count: int = Field(ge=1, le=1000)
    expires_on: date | None = None
    note: str = Field(default="", max_length=200)

    def expires_at_ms(self, now_ms: int) -> int | None:
        """The end of the last day, in UTC. Raises ProblemError when that is over."""
        if self.expires_on is None:
            return None
        try:
            end = datetime.combine(self.expires_on, time(tzinfo=UTC)) + timedelta(days=1)
        except OverflowError as error:
            raise invalid("expires_on", "This day is too far away.") from error
        end_ms = int(end.timestamp() * 1000)
        if end_ms <= now_ms:
            raise invalid("expires_on", "This day is over already.")
        return end_ms


class CreditInput(Input):
    amount: Amount = Field(gt=0)
    note: str = Field(min_length=1, max_length=200)


def problem_of(error: ValidationError) -> ProblemError:
    """What is wrong with a body, field by field, in words."""
    fields: dict[str, str] = {}
    for issue in error.errors(include_url=False):
        if issue["type"] == "json_invalid":
            return ProblemError("bad_request", "The body is not readable as JSON.")
        field, sentence = _named(".".join(map(str, issue["loc"])), _sentence(issue))
        fields.setdefault(field, sentence)
    if set(fields) == {""}:
        return ProblemError("bad_request", "The body must be a JSON object.")
    return ProblemError("invalid", "Some fields need another look.", fields=fields)


def _named(field: str, sentence: str) -> tuple[str, str]:
    """A check over several fields names the one to blame at its beginning."""
    if field:
        return field, sentence
    name, colon, rest = sentence.partition(": ")
    return (name, rest) if colon else (field, sentence)


def _sentence(issue: Any) -> str:
    about: dict[str, Any] = issue.get("ctx", {})
    match issue["type"]:
        case "missing":
            return "This is needed."
        case "extra_forbidden":
            return "There is no such field."
        case "string_too_short" | "too_short":
            return f"This needs at least {about['min_length']}."
        case "string_too_long" | "too_long":
            return f"This can have {about['max_length']} at most."
        case "greater_than_equal":
            return f"This must be {about['ge']} or more."
        case "less_than_equal":
            return f"This must be {about['le']} or less."
        case "greater_than":
            return f"This must be more than {about['gt']}."
        case "literal_error":
            return f"This must be one of {about['expected']}."
        case "value_error":
            return str(about["error"])
        case _:
            return f"{issue['msg']}."
