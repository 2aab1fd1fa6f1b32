"""Accounts, each with its money."""

from typing import Any

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.kernel.http.identity import OPERATOR, User
from signaling.people.views import user_view

routes = web.RouteTableDef()

_QUERY_MAX = 100


@routes.get("/admin/users")
@page_for("operator")
async def users(request: web.Request, _user: User) -> web.StreamResponse:
    """Accounts by name or email, with their money."""
    query = request.query.get("query", "")[:_QUERY_MAX].strip()
    found = await site_of(request).found_people.search(query)
    data = {"users": [user.as_json() for user in found], "query": query}
    return aiohttp_jinja2.render_template("operator/people/users.html", request, data)


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
    return aiohttp_jinja2.render_template("operator/people/person.html", request, data)


ROOM = PageRoom(routes, nav=(Nav("/admin/users", lambda: _("Users"), OPERATOR),))
