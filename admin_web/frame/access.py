"""Who may see which page."""

from collections.abc import Awaitable, Callable
from functools import wraps
from urllib.parse import quote

from aiohttp import web

from signaling.kernel.http.identity import User, user_of
from signaling.site import Site

SITE: web.AppKey[Site] = web.AppKey("site", Site)

PageHandler = Callable[[web.Request, User], Awaitable[web.StreamResponse]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def site_of(request: web.Request) -> Site:
    """The parts of this process."""
    return request.app[SITE]


def page_for(*roles: str) -> Callable[[PageHandler], Handler]:
    """Hands the signed-in user to a page; others sign in first (302) or are told no (403)."""

    def decorate(handler: PageHandler) -> Handler:
        @wraps(handler)
        async def guarded(request: web.Request) -> web.StreamResponse:
            user = user_of(request)
            if user is None or (user.role == "guest" and "guest" not in roles):
                raise web.HTTPFound(f"/signin?next={quote(request.path_qs, safe='/')}")
            if user.role not in roles:
                raise web.HTTPForbidden
            return await handler(request, user)

        return guarded

    return decorate


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this site, else "": nobody is sent elsewhere after signing in."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return ""
    return wanted
