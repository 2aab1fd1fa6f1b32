"""Signing in, opening an account."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import PageRoom
from signaling.people.accounts import PASSWORD_MAX, PASSWORD_MIN


async def signin(visit: Visit) -> dict[str, Any]:
    """Whoever is signed in already is sent on."""
    if visit.visitor is not None and visit.visitor.role != "guest":
        raise web.HTTPFound(visit.next or "/")
    return {"next": visit.next}


async def signup(visit: Visit) -> dict[str, Any]:
    """`?role=provider` preselects offering a service."""
    return {
        "next": visit.next,
        "role": visit.request.query.get("role", "client"),
        "password_hint": _("%(least)d to %(most)d characters.")
        % {"least": PASSWORD_MIN, "most": PASSWORD_MAX},
    }


def room() -> PageRoom:
    """Its rows."""
    return PageRoom(
        pages=(
            Page("/signin", "account/signin.html", signin),
            Page("/signup", "account/signup.html", signup),
        )
    )
