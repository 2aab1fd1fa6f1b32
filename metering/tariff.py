"""A tariff with the charge it makes: pure integer arithmetic, the same as in `tariff.lua`.

With B proven seconds, F the free threshold and i/n the billing increments:

    S(B) = 0 if B <= F, else i + n * ceil(max(0, B - i) / n)     (retroactive)
    S(B) = the same of B - F with no threshold                    (gift)
    C(B) = floor(price * S(B) / period)        the client's charge
    f(B) = floor(C(B) * commission / 10000)    the platform's part
    p(B) = C(B) - f(B)                         the provider's part

All are cumulative and monotone in B.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, fields, replace
from functools import cached_property
from typing import Literal

import msgpack

from metering.errors import OutOfRangeError
from metering.money import MAX_MICROS

ThresholdMode = Literal["retroactive", "gift"]

# price * 3600 stays below 2^53, which the scripts' division relies on.
MAX_PRICE_MICROS = 10**12
# Four months in one call: beyond it a counter is broken, not a conversation long.
MAX_SECONDS = 10_000_000
MAX_INCREMENT_S = 86_400
BASIS_POINTS = 10_000


@dataclass(frozen=True)
class Tariff:
    """What a call costs, locked at its start. Raises OutOfRangeError for impossible values."""

    currency: str
    price_micros: int
    period_s: int
    threshold_s: int
    threshold_mode: ThresholdMode
    initial_s: int
    increment_s: int
    commission_bps: int
    min_minutes: int
    version: int

    def __post_init__(self) -> None:
        _within("price", self.price_micros, 0, MAX_PRICE_MICROS)
        if self.period_s not in (60, 3600):
            raise OutOfRangeError("A price is per minute or per hour.")
        if self.threshold_mode not in ("retroactive", "gift"):
            raise OutOfRangeError("The threshold is either retroactive or a gift.")
        _within("free threshold", self.threshold_s, 0, MAX_INCREMENT_S)
        _within("first increment", self.initial_s, 1, MAX_INCREMENT_S)
        _within("increment", self.increment_s, 1, MAX_INCREMENT_S)
        _within("commission", self.commission_bps, 0, BASIS_POINTS)
        _within("minimum of prepaid minutes", self.min_minutes, 0, 1440)
        _within("tariff version", self.version, 0, MAX_MICROS)

    def pack(self) -> bytes:
        """Canonical msgpack: the same tariff always gives the same bytes."""
        packed: bytes = msgpack.packb(self.as_list())
        return packed

    @classmethod
    def unpack(cls, data: bytes) -> Tariff:
        """The inverse of `pack`. Raises OutOfRangeError for anything that is not a tariff."""
        try:
            row = msgpack.unpackb(data)
        except ValueError as error:
            raise OutOfRangeError("These bytes are not a tariff.") from error
        return cls.from_list(row)

    def as_list(self) -> list[int | str]:
        return [getattr(self, each.name) for each in fields(self)]

    @classmethod
    def from_list(cls, row: list[int | str]) -> Tariff:
        if not isinstance(row, list) or len(row) != len(fields(cls)):
            raise OutOfRangeError("These values are not a tariff.")
        return cls(*row)  # type: ignore[arg-type]  # __post_init__ checks the ranges

    @cached_property
    def hash(self) -> str:
        """Twelve hex digits naming exactly this tariff: shown on the page, in lobby and receipt."""
        return hashlib.sha256(self.pack()).hexdigest()[:12]

    def without_threshold(self) -> Tariff:
        """The same price with no free seconds: for a client whose free probe is used up."""
        return replace(self, threshold_s=0)


def billed_seconds(tariff: Tariff, seconds: int) -> int:
    """S(B): the seconds that are charged for `seconds` proven ones."""
    if seconds <= tariff.threshold_s:
        return 0
    counted = seconds
    if tariff.threshold_mode == "gift":
        counted -= tariff.threshold_s
    over = max(0, counted - tariff.initial_s)
    return tariff.initial_s + -(-over // tariff.increment_s) * tariff.increment_s


def free_seconds(tariff: Tariff, seconds: int) -> int:
    """The proven seconds that the threshold makes free."""
    if seconds <= tariff.threshold_s or tariff.threshold_mode == "gift":
        return min(seconds, tariff.threshold_s)
    return 0


def charge_micros(tariff: Tariff, seconds: int) -> int:
    """C(B): all that the client pays for `seconds` proven seconds."""
    return tariff.price_micros * billed_seconds(tariff, seconds) // tariff.period_s


def platform_micros(tariff: Tariff, seconds: int) -> int:
    """f(B): the platform's part of the charge."""
    return charge_micros(tariff, seconds) * tariff.commission_bps // BASIS_POINTS


def provider_micros(tariff: Tariff, seconds: int) -> int:
    """p(B): the provider's part of the charge."""
    return charge_micros(tariff, seconds) - platform_micros(tariff, seconds)


def hold_micros(tariff: Tariff) -> int:
    """The money a client must have, and that is reserved, before the provider is rung."""
    minimum = max(tariff.min_minutes * 60, tariff.threshold_s + 1)
    return charge_micros(tariff, minimum)


def affordable_seconds(tariff: Tariff, money_micros: int) -> int | None:
    """The largest B with C(B) <= money (at most MAX_SECONDS); None when the call is free."""
    if tariff.price_micros == 0:
        return None
    billable = ((money_micros + 1) * tariff.period_s - 1) // tariff.price_micros
    seconds = 0
    if billable >= tariff.initial_s:
        steps = (billable - tariff.initial_s) // tariff.increment_s
        seconds = tariff.initial_s + steps * tariff.increment_s
    if tariff.threshold_mode == "gift":
        seconds += tariff.threshold_s
    return min(max(seconds, tariff.threshold_s), MAX_SECONDS)


def _within(what: str, value: int, low: int, high: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise OutOfRangeError(f"The {what} must be a whole number from {low} to {high}.")
