"""The two pages of the call: `/call/{slug}` for the client, `/console` for the provider.

Both arrive with their data as a JSON block that their scripts start from (`static/call.js`,
`static/console.js`). Jinja and the frame of the page come from the application they are mounted in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as quote_url

import aiohttp_jinja2
from aiohttp import web

from signaling import directory
from signaling.accounts import User
from signaling.context import Context, context_of, user_of
from signaling.presenting import user_view

CALLERS = frozenset({"client", "guest"})


def setup(app: web.Application) -> None:
    """Adds the two pages to `app`."""
    app.router.add_get("/call/{slug}", call_page)
    app.router.add_get("/console", console_page)


async def call_page(request: web.Request) -> web.StreamResponse:
    """Lobby, ringing, call and receipt of one service. Raises ProblemError `not_found`."""
    ctx = context_of(request)
    user = user_of(request)
    slug = request.match_info["slug"]
    # Somebody in a call of a service that was hidden meanwhile must still get back into it.
    resumed = await directory.service_of_call(ctx, user, slug) if user else None
    service = resumed or await directory.public_service(ctx, slug)
    calls_here = user is not None and user.role in CALLERS and resumed is None
    quote = await directory.quote(ctx, user, slug) if user and calls_here else None
    data = {
        **_common(ctx, user),
        "service": service.as_json(),
        "quote": quote.as_json() if quote else None,
        "resuming": resumed is not None,
        "own": user is not None and await _owns(ctx, user, slug),
    }
    context = {"service": service.as_json(), "call_data": data}
    return aiohttp_jinja2.render_template("call.html", request, context)


async def console_page(request: web.Request) -> web.StreamResponse:
    """Where a provider answers calls; others sign in as one first."""
    ctx = context_of(request)
    user = user_of(request)
    if user is None or user.role == "guest":
        raise web.HTTPFound(f"/signin?next={quote_url(request.path_qs, safe='/')}")
    if user.role != "provider":
        raise web.HTTPForbidden
    services = await directory.own_services(ctx, user)
    context = {
        "services": [service.as_json() for service in services],
        "console_data": _common(ctx, user),
    }
    return aiohttp_jinja2.render_template("console.html", request, context)


def _common(ctx: Context, user: User | None) -> dict[str, Any]:
    """What both scripts start from; `now_ms` lets them count down to the server's deadlines."""
    return {
        "now_ms": ctx.clock(),
        "user": user_view(user).as_json() if user else None,
        "ice_servers": ctx.ice_servers(user.id if user else "guest"),
    }


async def _owns(ctx: Context, user: User, slug: str) -> bool:
    service = await ctx.services.by_slug(slug)
    return service is not None and service.provider_id == user.id
