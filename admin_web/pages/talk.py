"""The two pages of the call: `/call/{slug}` for the client, `/console` for the provider.

Both arrive with their data as a JSON block that their scripts start from (`static/call.js`,
`static/console.js`). Jinja and the frame of the page come from the application they are mounted in.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote as quote_url

import aiohttp_jinja2
from aiohttp import web

from admin_web.access import site_of
from signaling.kernel.http.identity import User, user_of
from signaling.people.views import user_view
from signaling.services.views import PublicServiceView
from signaling.site import Site

CALLERS = frozenset({"client", "guest"})


routes = web.RouteTableDef()


@routes.get("/call/{slug}")
async def call_page(request: web.Request) -> web.StreamResponse:
    """Lobby, ringing, call and receipt of one service. Raises ProblemError `not_found`."""
    site = site_of(request)
    user = user_of(request)
    slug = request.match_info["slug"]
    # Somebody in a call of a service that was hidden meanwhile must still get back into it.
    resumed = await _service_of_call(site, user, slug) if user else None
    service = resumed or await site.catalogue.service(slug)
    calls_here = user is not None and user.role in CALLERS and resumed is None
    quote = await site.offers.quote(user, slug) if user and calls_here else None
    data = {
        **_common(site, user),
        "service": service.as_json(),
        "quote": quote.as_json() if quote else None,
        "resuming": resumed is not None,
        "own": user is not None and await _owns(site, user, slug),
    }
    context = {"service": service.as_json(), "call_data": data}
    return aiohttp_jinja2.render_template("call.html", request, context)


@routes.get("/console")
async def console_page(request: web.Request) -> web.StreamResponse:
    """Where a provider answers calls; others sign in as one first."""
    site = site_of(request)
    user = user_of(request)
    if user is None or user.role == "guest":
        raise web.HTTPFound(f"/signin?next={quote_url(request.path_qs, safe='/')}")
    if user.role != "provider":
        raise web.HTTPForbidden
    services = await site.services_api.of(user)
    context = {
        "services": [service.as_json() for service in services],
        "console_data": _common(site, user),
    }
    return aiohttp_jinja2.render_template("console.html", request, context)


def _common(site: Site, user: User | None) -> dict[str, Any]:
    """What both scripts start from; `now_ms` lets them count down to the server's deadlines."""
    return {
        "now_ms": site.clock(),
        "user": user_view(user).as_json() if user else None,
        "ice_servers": site.ice.of(user.id if user else "guest"),
    }


async def _service_of_call(site: Site, user: User, slug: str) -> PublicServiceView | None:
    """The service this person is in a call of, even when it was taken off the site meanwhile."""
    if not any(call.service.slug == slug for call in await site.call_news.present(user)):
        return None
    return await site.catalogue.even_hidden(slug)


async def _owns(site: Site, user: User, slug: str) -> bool:
    service = await site.services.by_slug(slug)
    return service is not None and service.provider_id == user.id
