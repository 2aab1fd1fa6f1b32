"""The catalogue, the public page of a service."""

from typing import Any

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame import words
from admin_web.frame.access import site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import VISITOR, Nav, PageRoom
from admin_web.public import linked_data
from signaling.kernel.http.identity import CALLER, User, user_of
from signaling.services.hours import DAYS
from signaling.site import Site

routes = web.RouteTableDef()

_QUERY_MAX = 100


@routes.get("/")
@aiohttp_jinja2.template("public/home.html")
async def home(request: web.Request) -> dict[str, Any]:
    """Published services, searched by `?query=` and `?kind=`; those on duty first."""
    site = site_of(request)
    query = request.query.get("query", "")[:_QUERY_MAX].strip()
    kind = request.query.get("kind", "")[:_QUERY_MAX].strip()
    found = await site.catalogue.search(query=query, kind=kind)
    return {
        "services": [service.as_json() for service in found],
        "kinds": await site.catalogue.kinds(),
        "query": query,
        "kind": kind,
    }


@routes.get("/s/{slug}")
@aiohttp_jinja2.template("public/service.html")
async def service_page(request: web.Request) -> dict[str, Any]:
    """Everything a visitor wants to know before the click. 404 when it is not published."""
    site, user, slug = site_of(request), user_of(request), request.match_info["slug"]
    service = (await site.catalogue.service(slug)).as_json()
    viewer = await _viewer(site, user, service)
    quote = (await site.offers.quote(user, slug)).as_json() if user and viewer == "client" else None
    free_probe = quote is None or quote["free_probe"]
    return {
        "service": service,
        "viewer": viewer,
        "quote": quote,
        "free_rule": words.free_rule(service, free_probe=free_probe),
        "increments_rule": words.increments_rule(service),
        "days": DAYS,
        "has_hours": any(service["hours"].values()),
        "summary": linked_data.summary(service),
        "json_ld": linked_data.service(service),
    }


async def _viewer(site: Site, user: User | None, service: dict[str, Any]) -> str:
    """client: may call; visitor: has to sign in first; own: wrote it; other: cannot call."""
    if user is None:
        return "client" if service["price_micros"] == 0 else "visitor"
    if user.role == "guest":
        return "visitor" if service["price_micros"] else "client"
    if user.role == "client":
        return "client"
    own = await site.services.of_provider(user.id)
    return "own" if any(mine.slug == service["slug"] for mine in own) else "other"


ROOM = PageRoom(routes, nav=(Nav("/", lambda: _("Find an expert"), CALLER | VISITOR, exact=True),))
