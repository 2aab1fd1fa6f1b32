"""Payouts, reports, vouchers, the books."""

from datetime import UTC, datetime

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.kernel.http.identity import OPERATOR, User
from signaling.money.payouts.payouts import ACTIONS, STATES
from signaling.money.statements.statements import ACCOUNTS
from signaling.people.views import action_view

routes = web.RouteTableDef()

_TRAIL = 50  # settled payouts named on the page


@routes.get("/admin/payouts")
@page_for("operator")
async def all_payouts(request: web.Request, _user: User) -> web.StreamResponse:
    """Requests of providers, and who settled which."""
    site, state = site_of(request), request.query.get("state", "")
    state = state if state in STATES else ""
    actions = await site.audit_log.newest(whats=ACTIONS, limit=_TRAIL)
    data = {
        "state": state,
        "payouts": [payout.as_json() for payout in await site.payouts.everybodys(state)],
        "actions": [action_view(action).as_json() for action in actions],
    }
    return aiohttp_jinja2.render_template("operator/money/payouts.html", request, data)


@routes.get("/admin/disputes")
@page_for("operator")
async def disputes(request: web.Request, _user: User) -> web.StreamResponse:
    """Problems that clients reported."""
    decided = request.query.get("state") == "decided"
    found = await site_of(request).reports.listed(decided=decided)
    data = {"decided": decided, "disputes": [each.as_json() for each in found]}
    return aiohttp_jinja2.render_template("operator/money/reports.html", request, data)


@routes.get("/admin/accounts/{account}")
@page_for("operator")
async def account(request: web.Request, _user: User) -> web.StreamResponse:
    """A statement of the platform's own account."""
    site, name = site_of(request), request.match_info["account"]
    if name not in ACCOUNTS:
        raise web.HTTPNotFound
    data = {
        "account": name,
        "statement": await statement_data(
            request,
            lambda wanted: site.statements.of_account(name, wanted),
            f"/api/admin/accounts/{name}/statement.csv",
        ),
    }
    return aiohttp_jinja2.render_template("operator/money/account.html", request, data)


@routes.get("/admin/vouchers")
@page_for("operator")
async def vouchers(request: web.Request, _user: User) -> web.StreamResponse:
    """Create a batch; see what became of earlier ones."""
    site = site_of(request)
    data = {
        "vouchers": [voucher.as_json() for voucher in await site.vouchers.all()],
        "today": datetime.fromtimestamp(site.clock() / 1000, UTC).date().isoformat(),
    }
    return aiohttp_jinja2.render_template("operator/money/vouchers.html", request, data)


@routes.get("/admin/audit")
@page_for("operator")
async def audit(request: web.Request, _user: User) -> web.StreamResponse:
    """Checks the books now and shows what was found."""
    site = site_of(request)
    data = {"audit": (await site.books_check.check()).as_json(), "now_ms": site.clock()}
    return aiohttp_jinja2.render_template("operator/money/audit.html", request, data)


ROOM = PageRoom(
    routes,
    nav=(
        Nav("/admin/payouts", lambda: _("Payouts"), OPERATOR),
        Nav("/admin/disputes", lambda: _("Reports"), OPERATOR),
        Nav("/admin/vouchers", lambda: _("Vouchers"), OPERATOR),
        Nav("/admin/audit", lambda: _("Audit"), OPERATOR),
    ),
)
