"""A client's wallet."""

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import local_path, page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.kernel.http.identity import CLIENT, User

routes = web.RouteTableDef()


@routes.get("/wallet")
@page_for("client")
async def wallet(request: web.Request, user: User) -> web.StreamResponse:
    """Balance, voucher form, statement."""
    site = site_of(request)
    data = {
        "cards": site.cards is not None,
        "card": request.query.get("card", ""),
        "wallet": (await site.wallet.of(user)).as_json(),
        "next": local_path(request.query.get("next", "")),
        "statement": await statement_data(
            request, lambda wanted: site.statements.of_person(user, wanted), "/api/statement.csv"
        ),
    }
    return aiohttp_jinja2.render_template("client/wallet.html", request, data)


ROOM = PageRoom(routes, nav=(Nav("/wallet", lambda: _("Wallet"), CLIENT),))
