"""The provider's side of a call: the console, with a line to the server on their other pages."""

from __future__ import annotations

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom, Piece
from admin_web.talk.data import talk_data
from signaling.kernel.http.identity import PROVIDER, User

routes = web.RouteTableDef()

HOME = "/console"


@routes.get(HOME)
@page_for("provider")
async def console_page(request: web.Request, user: User) -> web.StreamResponse:
    """Where a provider answers calls; others sign in as one first."""
    site = site_of(request)
    services = await site.services_api.of(user)
    context = {
        "services": [service.as_json() for service in services],
        "console_data": talk_data(site, user),
    }
    return aiohttp_jinja2.render_template("console/console.html", request, context)


ROOM = PageRoom(
    routes,
    nav=(Nav(HOME, lambda: _("Console"), PROVIDER),),
    # The console itself has all of it already.
    pieces=(Piece("console/_duty.html", "console/presence.js", PROVIDER, not_on=HOME),),
)
