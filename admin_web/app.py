"""Puts pages, API, sockets together on one aiohttp application."""

from aiohttp import web

import signaling.app
from admin_web.account.pages import ROOM as ACCOUNT
from admin_web.call.pages import ROOM as CALL
from admin_web.client.pages import ROOM as CLIENT
from admin_web.console.pages import ROOM as CONSOLE
from admin_web.frame import assets, errors, language, security, templating
from admin_web.frame.access import SITE
from admin_web.frame.rooms import Frame
from admin_web.history.pages import ROOM as HISTORY
from admin_web.operator.live.pages import ROOM as LIVE
from admin_web.operator.money.pages import ROOM as MONEY
from admin_web.operator.people.pages import ROOM as PEOPLE
from admin_web.operator.pricing.pages import ROOM as PRICING
from admin_web.provider.pages import ROOM as PROVIDER
from admin_web.public.pages import ROOM as PUBLIC
from signaling.site import Site

LANGUAGE_COOKIE = "tipmeet_language"

# Their rows stand in the navigation in this order.
ROOMS = (PUBLIC, ACCOUNT, CLIENT, CALL, CONSOLE, PROVIDER, HISTORY, LIVE, PEOPLE, MONEY, PRICING)


def setup(app: web.Application, site: Site) -> None:
    """Makes `app` serve all of TipMeet for the web process that `site` belongs to."""
    app.middlewares.append(_speak)
    app.middlewares.append(errors.middleware)
    # Before the templates: its session middleware must have found the user when a page asks.
    app[SITE] = site
    signaling.app.setup(app, site)
    templating.setup(app, site.settings.currency, Frame.of(ROOMS))
    app.on_response_prepare.append(security.add_headers)
    app.router.add_get(assets.PREFIX + "{name:.+}", assets.serve)
    for room in ROOMS:
        app.router.add_routes(room.routes)


@web.middleware
async def _speak(request: web.Request, handler: security.Handler) -> web.StreamResponse:
    """Every text of this request in the reader's language."""
    chosen = language.choose(
        request.headers.get("Accept-Language", ""), asked=request.cookies.get(LANGUAGE_COOKIE)
    )
    language.use(chosen)
    return await handler(request)
