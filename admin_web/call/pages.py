"""The client's page of a call: `/call/{slug}`.

It arrives with its data as a JSON block that `call/call.js` starts from.
"""

from __future__ import annotations

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import site_of
from admin_web.frame.rooms import PageRoom
from admin_web.talk.data import talk_data
from signaling.kernel.http.identity import CALLER, User, user_of
from signaling.services.views import PublicServiceView
from signaling.site import Site

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
    calls_here = user is not None and user.role in CALLER and resumed is None
    quote = await site.offers.quote(user, slug) if user and calls_here else None
    data = {
        **talk_data(site, user),
        "service": service.as_json(),
        "quote": quote.as_json() if quote else None,
        "resuming": resumed is not None,
        "own": user is not None and await _owns(site, user, slug),
    }
    context = {"service": service.as_json(), "call_data": data}
    return aiohttp_jinja2.render_template("call/call.html", request, context)


async def _service_of_call(site: Site, user: User, slug: str) -> PublicServiceView | None:
    """The service this person is in a call of, even when it was taken off the site meanwhile."""
    if not any(call.service.slug == slug for call in await site.call_news.present(user)):
        return None
    return await site.catalogue.even_hidden(slug)


async def _owns(site: Site, user: User, slug: str) -> bool:
    service = await site.services.by_slug(slug)
    return service is not None and service.provider_id == user.id


ROOM = PageRoom(routes)
