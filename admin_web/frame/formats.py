"""Money, times, durations on server-rendered pages: Jinja filters, in the reader's language.

Money stays an integer of micro-units until it is text; `Decimal` only places the point. A page
shows whole coins and never promises more than there is: what one has is rounded down, what one pays
is what the balance shown fell by. Exact amounts stand only where a sum is worked out.
"""

from datetime import UTC, datetime
from decimal import Decimal

from babel.dates import format_datetime
from babel.numbers import format_currency, format_decimal
from markupsafe import Markup

from admin_web.frame import language
from admin_web.frame.language import gettext as _
from metering.money import MICROS, coin_micros, format_amount


def whole_coins(micros: int, currency: str) -> int:
    """The same in whole coins, rounded down: towards less money, also below zero."""
    return micros - micros % coin_micros(currency)


def money(micros: int, currency: str, *, signed: bool = False) -> str:
    """What somebody has or gets, in whole coins, rounded down: 305000 → "$0.30"."""
    digits = len(str(MICROS // coin_micros(currency))) - 1
    return _written(whole_coins(micros, currency), currency, digits, signed=signed)


def charge(micros: int, currency: str, balance_left_micros: int | None = None) -> str:
    """What somebody pays, in whole coins: as much as the balance shown falls by, when the balance
    that is left is known; else rounded up."""
    if balance_left_micros is None:
        return money(-whole_coins(-micros, currency), currency)
    before = whole_coins(balance_left_micros + micros, currency)
    return money(before - whole_coins(balance_left_micros, currency), currency)


def exact(micros: int, currency: str) -> str:
    """To the last micro-unit, where a sum is worked out or a price agreed: 305000 → "$0.305"."""
    digits = len(str(MICROS // coin_micros(currency))) - 1
    used = len(f"{abs(micros) % MICROS:06d}".rstrip("0"))
    return _written(micros, currency, max(digits, used), signed=False)


def _written(micros: int, currency: str, digits: int, *, signed: bool) -> str:
    value = Decimal(format_amount(abs(micros)))
    point = "." if digits else ""
    pattern = f"¤#,##0{point}" + "0" * digits
    locale = language.babel_locale(language.current())
    if language.current() != language.SOURCE_LANGUAGE:
        pattern = f"#,##0{point}" + "0" * digits + "\xa0¤"
    text = format_currency(value, currency, format=pattern, locale=locale, currency_digits=False)
    if micros < 0:
        return "\u2212" + text
    return "+" + text if signed and micros > 0 else text


def rate(price_micros: int, period_s: int, currency: str) -> str:
    """ "$0.30 per minute" """
    text = _("%(price)s per hour") if period_s == 3600 else _("%(price)s per minute")
    return text % {"price": exact(price_micros, currency)}


def percent(bps: int) -> str:
    """1250 → "12.5 %" """
    return (
        format_decimal(Decimal(bps) / 100, locale=language.babel_locale(language.current()))
        + "\u202f%"
    )


def clock(seconds: int) -> str:
    """75 → "1:15", 3675 → "1:01:15" """
    minutes, rest = divmod(max(0, int(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def moment(at_ms: int, form: str = "datetime") -> Markup:
    """A `<time>` in UTC that the page's script rewrites into the viewer's zone.

    `form`: datetime, seconds, date or time, as `lib/time.js` knows them.
    """
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    text = format_datetime(at, "medium", locale=language.babel_locale(language.current()))
    return Markup('<time datetime="{}" data-at-ms="{}" data-format="{}">{} UTC</time>').format(
        at.isoformat(timespec="milliseconds"), at_ms, form, text
    )
