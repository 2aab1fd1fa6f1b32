"""Puts the pages, the API and the call page together on one aiohttp application."""

from aiohttp import web

import signaling.web
from admin_web import error_pages, language, security, templating
from admin_web.pages import account, client, operator, provider, public
from signaling.context import Context

LANGUAGE_COOKIE = "tipmeet_language"


def setup(app: web.Application, context: Context) -> None:
    """Makes `app` serve all of TipMeet for the web process that `context` belongs to."""
    app.middlewares.append(_speak)
    app.middlewares.append(error_pages.middleware)
    # Before the templates: its session middleware must have found the user when a page asks.
    signaling.web.setup(app, context)
    templating.setup(app, context)
    app.on_response_prepare.append(security.add_headers)
    app.router.add_static("/static/admin_web/", templating.STATIC)
    app.router.add_routes(
        [*public.routes, *account.routes, *client.routes, *provider.routes, *operator.routes]
    )


@web.middleware
async def _speak(request: web.Request, handler: security.Handler) -> web.StreamResponse:
    """Every text of this request in the reader's language."""
    chosen = language.choose(
        request.headers.get("Accept-Language", ""), asked=request.cookies.get(LANGUAGE_COOKIE)
    )
    language.use(chosen)
    return await handler(request)
