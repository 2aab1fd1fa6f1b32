"""Money as text, as an integer number of micro-units (1 unit of currency = 1,000,000)."""

from __future__ import annotations

import re

from babel.numbers import get_currency_precision

from metering.errors import OutOfRangeError

MICROS = 1_000_000
# Lua numbers are doubles: integers are exact up to here, and no balance may leave this range.
MAX_MICROS = 2**53 - 1

_AMOUNT = re.compile(r"([+-]?)([0-9]{1,16})(?:\.([0-9]{0,30}))?")


def coin_micros(currency: str) -> int:
    """The smallest coin of a currency, by CLDR: 10,000 for USD, 1,000,000 for JPY."""
    digits: int = get_currency_precision(currency)
    return int(MICROS // 10**digits)


class AmountError(ValueError):
    """The text is not an amount of money; the message is a sentence for a person."""

    code = "bad_amount"


def parse_amount(text: str, *, scale: int = MICROS, allow_negative: bool = False) -> int:
    """A decimal string ("0.30") as micro-units. `scale` is how many make one unit, a power of ten.

    Raises AmountError for anything else than plain digits with at most one point, for more digits
    after the point than the scale holds, for a negative sum unless allowed, and beyond 2^53 - 1.
    """
    match = _AMOUNT.fullmatch(text.strip())
    if match is None:
        raise AmountError("Write the amount in digits, for example 12.50.")
    sign, whole, fraction = match.group(1), match.group(2), match.group(3) or ""
    digits = len(str(scale)) - 1
    if len(fraction) > digits:
        raise AmountError(f"An amount has at most {digits} digits after the point.")
    micros = int(whole) * scale + int((fraction or "0").ljust(digits, "0"))
    if micros > MAX_MICROS:
        raise AmountError("This amount is too large.")
    if sign == "-" and micros:
        if not allow_negative:
            raise AmountError("An amount cannot be negative here.")
        return -micros
    return micros


def format_amount(micros: int) -> str:
    """Micro-units as a decimal string: at least two digits after the point, no zeros beyond."""
    whole, fraction = divmod(abs(micros), MICROS)
    digits = f"{fraction:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{digits}"


def check_amount(micros: int, *, low: int = 1) -> int:
    """The amount itself, or OutOfRangeError below `low` micros or when the books cannot hold it."""
    if isinstance(micros, bool) or not isinstance(micros, int) or not low <= micros <= MAX_MICROS:
        raise OutOfRangeError("This amount is outside the range the books can hold.")
    return micros
