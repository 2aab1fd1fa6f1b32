"""The Jinja environment all pages share: texts, money, times in the reader's language."""

from collections.abc import Callable
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

from admin_web.frame import assets, formats, language, words
from admin_web.frame.rooms import Frame
from metering.money import format_amount
from signaling.kernel.http.identity import user_of

FRAME: web.AppKey[Frame] = web.AppKey("frame", Frame)
CURRENCY: web.AppKey[str] = web.AppKey("currency", str)


def setup(app: web.Application, currency: str, frame: Frame) -> None:
    """Gives `app` its environment; `aiohttp_jinja2.template` and `render` then find every page."""
    app[FRAME] = frame
    app[CURRENCY] = currency
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(assets.ROOT),
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
        context_processors=[page_context],
    )
    environment.install_gettext_callables(  # type: ignore[attr-defined]  # added by ext.i18n
        language.gettext, language.ngettext, newstyle=True
    )
    environment.filters |= filters(currency)
    environment.globals |= {"static": assets.address, "words": words}


def filters(currency: str) -> dict[str, Callable[..., Any]]:
    """Filters over the protocol's values: micro-units, Unix milliseconds, seconds, basis points."""
    return {
        "money": lambda micros: formats.money(micros, currency),
        "signed_money": lambda micros: formats.money(micros, currency, signed=True),
        "charge": lambda micros, left=None: formats.charge(micros, currency, left),
        "exact": lambda micros: formats.exact(micros, currency),
        "coins": lambda micros: formats.whole_coins(micros, currency),
        "decimal": format_amount,
        "rate": lambda tariff: formats.rate(tariff["price_micros"], tariff["period_s"], currency),
        "percent": formats.percent,
        "clock": formats.clock,
        "language_name": words.language_name,
        "moment": formats.moment,
    }


async def page_context(request: web.Request) -> dict[str, Any]:
    """What base.html needs on every page."""
    user, frame = user_of(request), request.app[FRAME]
    role = user.role if user else "visitor"
    return {
        "user": user,
        "path": request.path,
        "nav": frame.nav_of(role),
        "pieces": frame.pieces_of(role, request.path),
        "currency": request.app[CURRENCY],
        "locale": language.current(),
        "page_texts": language.script_texts(language.current()),
    }
