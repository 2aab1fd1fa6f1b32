"""The rules for calls that start from now."""

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from signaling.kernel.http.identity import OPERATOR, User
from signaling.pricing.views import pricing_view

routes = web.RouteTableDef()


@routes.get("/admin/pricing")
@page_for("operator")
async def pricing(request: web.Request, _user: User) -> web.StreamResponse:
    """The rules, with a worked example."""
    data = {"pricing": pricing_view(await site_of(request).pricing.get()).as_json()}
    return aiohttp_jinja2.render_template("operator/pricing/pricing.html", request, data)


ROOM = PageRoom(routes, nav=(Nav("/admin/pricing", lambda: _("Pricing"), OPERATOR),))
