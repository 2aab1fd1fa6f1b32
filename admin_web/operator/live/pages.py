"""What runs now, what ran."""

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.pages import before_of, calls_data
from signaling.kernel.http.identity import OPERATOR, User

routes = web.RouteTableDef()


@routes.get("/admin")
@page_for("operator")
async def live(request: web.Request, _user: User) -> web.StreamResponse:
    """What runs now; from then on the page follows over the socket."""
    data = {"snapshot": await site_of(request).live.snapshot()}
    return aiohttp_jinja2.render_template("operator/live/live.html", request, data)


@routes.get("/admin/calls")
@page_for("operator")
async def calls(request: web.Request, user: User) -> web.StreamResponse:
    """Everybody's calls."""
    found = await site_of(request).history.all(user, before_of(request))
    return aiohttp_jinja2.render_template("history/calls.html", request, calls_data(found))


ROOM = PageRoom(
    routes,
    nav=(
        Nav("/admin", lambda: _("Live"), OPERATOR, exact=True),
        Nav("/admin/calls", lambda: _("Calls"), OPERATOR),
    ),
)
