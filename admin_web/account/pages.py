"""Signing in, with or without an account so far."""

from typing import Any

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame.access import local_path
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import PageRoom
from signaling.kernel.http.identity import user_of
from signaling.people.accounts import PASSWORD_MAX, PASSWORD_MIN

routes = web.RouteTableDef()


@routes.get("/signin")
@aiohttp_jinja2.template("account/signin.html")
async def signin(request: web.Request) -> dict[str, Any]:
    """Whoever is signed in already is sent on."""
    wanted = local_path(request.query.get("next", ""))
    user = user_of(request)
    if user is not None and user.role != "guest":
        raise web.HTTPFound(wanted or "/")
    return {"next": wanted}


@routes.get("/signup")
@aiohttp_jinja2.template("account/signup.html")
async def signup(request: web.Request) -> dict[str, Any]:
    """`?role=provider` preselects offering a service."""
    return {
        "next": local_path(request.query.get("next", "")),
        "role": request.query.get("role", "client"),
        "password_hint": _("%(least)d to %(most)d characters.")
        % {"least": PASSWORD_MIN, "most": PASSWORD_MAX},
    }


ROOM = PageRoom(routes)
