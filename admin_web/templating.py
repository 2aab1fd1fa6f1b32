"""The Jinja environment all pages share, with texts, money and times in the reader's language."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp_jinja2
import jinja2
from aiohttp import web

import signaling
from admin_web import formats, language, words
from admin_web.access import site_of
from metering.money import format_amount
from signaling.kernel.http.identity import user_of

_HERE = Path(__file__).parent
_TEMPLATES = (_HERE / "templates", Path(signaling.__file__).parent / "templates")
STATIC = _HERE / "static"
SIGNALING_STATIC = Path(signaling.__file__).parent / "static"


def setup(app: web.Application, currency: str) -> None:
    """Gives `app` its environment; `aiohttp_jinja2.template` and `render` then find every page."""
    environment = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(_TEMPLATES),
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
    environment.globals |= {"static": static, "words": words}


def static(path: str) -> str:
    """ "signaling/ui.css" → its address; a missing file is a bug of the page, found at once."""
    package, _slash, name = path.partition("/")
    root = {"admin_web": STATIC, "signaling": SIGNALING_STATIC}[package]
    if not (root / name).is_file():
        raise FileNotFoundError(f"{package} has no static file {name}")
    return f"/static/{path}"


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
    return {
        "user": user_of(request),
        "path": request.path,
        "currency": site_of(request).settings.currency,
        "locale": language.current(),
        "page_texts": language.script_texts(language.current()),
    }
