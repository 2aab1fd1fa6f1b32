"""Puts the pages, the API and the call page together on one aiohttp application."""

from aiohttp import web

import signaling.app
from admin_web import error_pages, language, security, templating
from admin_web.access import SITE
from admin_web.pages import account, client, operator, provider, public, talk
from signaling.site import Site

LANGUAGE_COOKIE = "tipmeet_language"


def setup(app: web.Application, site: Site) -> None:
    """Makes `app` serve all of TipMeet for the web process that `site` belongs to."""
    app.middlewares.append(_speak)
    app.middlewares.append(error_pages.middleware)
    # Before the templates: its session middleware must have found the user when a page asks.
    app[SITE] = site
    signaling.app.setup(app, site)
    templating.setup(app, site.settings.currency)
    app.on_response_prepare.append(security.add_headers)
    app.router.add_static("/static/admin_web/", templating.STATIC)
    app.router.add_static("/static/signaling/", templating.SIGNALING_STATIC)
    for room in (public, account, client, provider, operator, talk):
        app.router.add_routes(room.routes)


@web.middleware
async def _speak(request: web.Request, handler: security.Handler) -> web.StreamResponse:
    """Every text of this request in the reader's language."""
    chosen = language.choose(
        request.headers.get("Accept-Language", ""), asked=request.cookies.get(LANGUAGE_COOKIE)
    )
    language.use(chosen)
    return await handler(request)
