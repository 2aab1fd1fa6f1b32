"""The operator's panel: live sessions, calls, users, pricing, vouchers, audit."""

from datetime import UTC, datetime

import aiohttp_jinja2
from aiohttp import web

from admin_web.access import page_for
from admin_web.pages.client import before_of, calls_data
from signaling import directory
from signaling.accounts import User
from signaling.context import context_of
from signaling.live import snapshot
from signaling.web import LISTENER

routes = web.RouteTableDef()

_QUERY_MAX = 100


@routes.get("/admin")
@page_for("operator")
async def live(request: web.Request, _user: User) -> web.StreamResponse:
    """What runs now; from then on the page follows over the socket."""
    data = {"snapshot": await snapshot(context_of(request), request.app[LISTENER])}
    return aiohttp_jinja2.render_template("admin_live.html", request, data)


@routes.get("/admin/calls")
@page_for("operator")
async def calls(request: web.Request, _user: User) -> web.StreamResponse:
    """Everybody's calls."""
    found = await directory.all_calls(context_of(request), before_of(request))
    return aiohttp_jinja2.render_template("calls.html", request, calls_data(found))


@routes.get("/admin/users")
@page_for("operator")
async def users(request: web.Request, _user: User) -> web.StreamResponse:
    """Accounts by name or email, with their money."""
    query = request.query.get("query", "")[:_QUERY_MAX].strip()
    found = await directory.users(context_of(request), query)
    data = {"users": [user.as_json() for user in found], "query": query}
    return aiohttp_jinja2.render_template("admin_users.html", request, data)


@routes.get("/admin/pricing")
@page_for("operator")
async def pricing(request: web.Request, _user: User) -> web.StreamResponse:
    """The rules, with a worked example."""
    data = {"pricing": (await directory.pricing(context_of(request))).as_json()}
    return aiohttp_jinja2.render_template("admin_pricing.html", request, data)


@routes.get("/admin/vouchers")
@page_for("operator")
async def vouchers(request: web.Request, _user: User) -> web.StreamResponse:
    """Create a batch; see what became of earlier ones."""
    ctx = context_of(request)
    data = {
        "vouchers": [voucher.as_json() for voucher in await directory.vouchers(ctx)],
        "today": datetime.fromtimestamp(ctx.clock() / 1000, UTC).date().isoformat(),
    }
    return aiohttp_jinja2.render_template("admin_vouchers.html", request, data)


@routes.get("/admin/audit")
@page_for("operator")
async def audit(request: web.Request, _user: User) -> web.StreamResponse:
    """Checks the books now and shows what was found."""
    ctx = context_of(request)
    data = {"audit": (await directory.audit(ctx)).as_json(), "now_ms": ctx.clock()}
    return aiohttp_jinja2.render_template("admin_audit.html", request, data)
