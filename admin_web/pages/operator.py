"""The operator's panel: live sessions, calls, people, money, rules, audit."""

from datetime import UTC, datetime
from typing import Any

import aiohttp_jinja2
from aiohttp import web

from admin_web.access import page_for, site_of
from admin_web.pages.client import before_of, calls_data
from admin_web.statement_page import statement_data
from signaling.kernel.http.identity import User
from signaling.money.payouts.payouts import ACTIONS, STATES
from signaling.money.statements.statements import ACCOUNTS
from signaling.people.views import action_view, user_view
from signaling.pricing.views import pricing_view

routes = web.RouteTableDef()

_QUERY_MAX = 100
_TRAIL = 50  # settled payouts named on the page


@routes.get("/admin")
@page_for("operator")
async def live(request: web.Request, _user: User) -> web.StreamResponse:
    """What runs now; from then on the page follows over the socket."""
    data = {"snapshot": await site_of(request).live.snapshot()}
    return aiohttp_jinja2.render_template("admin_live.html", request, data)


@routes.get("/admin/calls")
@page_for("operator")
async def calls(request: web.Request, user: User) -> web.StreamResponse:
    """Everybody's calls."""
    found = await site_of(request).history.all(user, before_of(request))
    return aiohttp_jinja2.render_template("calls.html", request, calls_data(found))


@routes.get("/admin/users")
@page_for("operator")
async def users(request: web.Request, _user: User) -> web.StreamResponse:
    """Accounts by name or email, with their money."""
    query = request.query.get("query", "")[:_QUERY_MAX].strip()
    found = await site_of(request).found_people.search(query)
    data = {"users": [user.as_json() for user in found], "query": query}
    return aiohttp_jinja2.render_template("admin_users.html", request, data)


@routes.get("/admin/users/{id}")
@page_for("operator")
async def one_user(request: web.Request, _user: User) -> web.StreamResponse:
    """A person's money: balances, card payments, statement."""
    site = site_of(request)
    person = await site.accounts.person(request.match_info["id"])
    is_client, is_provider = person.role == "client", person.role == "provider"
    payments = await site.cards.payments(person.id) if site.cards and is_client else None
    data: dict[str, Any] = {
        "person": user_view(person).as_json(),
        "wallet": (await site.wallet.of(person)).as_json() if is_client else None,
        "earnings": (await site.wallet.earnings_of(person)).as_json() if is_provider else None,
        "payments": payments,
        "statement": None,
    }
    if is_client or is_provider:
        data["statement"] = await statement_data(
            request,
            lambda wanted: site.statements.of_person(person, wanted),
            f"/api/admin/users/{person.id}/statement.csv",
        )
    return aiohttp_jinja2.render_template("admin_user.html", request, data)


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
    return aiohttp_jinja2.render_template("admin_payouts.html", request, data)


@routes.get("/admin/disputes")
@page_for("operator")
async def disputes(request: web.Request, _user: User) -> web.StreamResponse:
    """Problems that clients reported."""
    decided = request.query.get("state") == "decided"
    found = await site_of(request).reports.listed(decided=decided)
    data = {"decided": decided, "disputes": [each.as_json() for each in found]}
    return aiohttp_jinja2.render_template("admin_disputes.html", request, data)


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
    return aiohttp_jinja2.render_template("admin_account.html", request, data)


@routes.get("/admin/pricing")
@page_for("operator")
async def pricing(request: web.Request, _user: User) -> web.StreamResponse:
    """The rules, with a worked example."""
    data = {"pricing": pricing_view(await site_of(request).pricing.get()).as_json()}
    return aiohttp_jinja2.render_template("admin_pricing.html", request, data)


@routes.get("/admin/vouchers")
@page_for("operator")
async def vouchers(request: web.Request, _user: User) -> web.StreamResponse:
    """Create a batch; see what became of earlier ones."""
    site = site_of(request)
    data = {
        "vouchers": [voucher.as_json() for voucher in await site.vouchers.all()],
        "today": datetime.fromtimestamp(site.clock() / 1000, UTC).date().isoformat(),
    }
    return aiohttp_jinja2.render_template("admin_vouchers.html", request, data)


@routes.get("/admin/audit")
@page_for("operator")
async def audit(request: web.Request, _user: User) -> web.StreamResponse:
    """Checks the books now and shows what was found."""
    site = site_of(request)
    data = {"audit": (await site.books_check.check()).as_json(), "now_ms": site.clock()}
    return aiohttp_jinja2.render_template("admin_audit.html", request, data)
