"""Calls with their receipts, for whoever had a part in them; the operator sees all."""

from typing import Any

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame import formats, words
from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.arithmetic import receipt_lines
from signaling.history.calls import CALLS_PAGE
from signaling.history.views import PastCall
from signaling.kernel.http.identity import PARTY, User
from signaling.people.views import action_view

routes = web.RouteTableDef()


@routes.get("/calls")
@page_for("client", "provider", "guest")
async def calls(request: web.Request, user: User) -> web.StreamResponse:
    """The person's own calls, fifty a page."""
    found = await site_of(request).history.of(user, before_of(request))
    return aiohttp_jinja2.render_template("history/calls.html", request, calls_data(found))


@routes.get("/calls/{id}")
@page_for("client", "provider", "operator", "guest")
async def receipt(request: web.Request, user: User) -> web.StreamResponse:
    """A call's receipt with the arithmetic behind it, or its state while there is none."""
    site = site_of(request)
    call = (await site.history.call(user, request.match_info["id"])).as_json()
    lines = []
    if call["receipt"]:
        lines = receipt_lines(
            call["receipt"],
            call["tariff"],
            side=call["side"],
            money=lambda micros: formats.exact(micros, site.settings.currency),
        )
    actions = await site.audit_log.newest(about=call["id"]) if user.role == "operator" else []
    receipt = call["receipt"]
    data = {
        # Each copy leaves out what is not its reader's.
        "call": {"dispute": None, "report_until_ms": None, **call},
        "actions": [action_view(action).as_json() for action in actions],
        "left_micros": receipt["charged_micros"] - receipt["refunded_micros"] if receipt else 0,
        "arithmetic": lines,
        "free_rule": words.free_rule(call["tariff"]),
        "increments_rule": words.increments_rule(call["tariff"]),
    }
    return aiohttp_jinja2.render_template("history/receipt.html", request, data)


def before_of(request: web.Request) -> int | None:
    """`?before=<ms>`; anything else is the first page."""
    text = request.query.get("before", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None


def calls_data(found: list[PastCall]) -> dict[str, Any]:
    """For calls.html; `older` is where the next page starts."""
    calls = [{"dispute": None, **call.as_json()} for call in found]
    full = len(calls) >= CALLS_PAGE
    return {"calls": calls, "older": calls[-1]["created_at_ms"] if full else None}


ROOM = PageRoom(routes, nav=(Nav("/calls", lambda: _("Calls"), PARTY),))
