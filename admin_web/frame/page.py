"""One page: who may see it, what makes its data, which template shows them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import aiohttp_jinja2
from aiohttp import web

from signaling.kernel.http.identity import ANYONE, Role, User, user_of

QUERY_MAX = 100  # characters of a word that somebody looks for


@dataclass(frozen=True, slots=True)
class Visit:
    """Somebody asks for a page."""

    request: web.Request
    visitor: User | None

    @property
    def user(self) -> User:
        """Who is signed in; the page's roles have made sure that somebody is."""
        if self.visitor is None:
            raise web.HTTPForbidden
        return self.visitor

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the places of the page's path."""
        return self.request.match_info

    @property
    def next(self) -> str:
        """Where to go on afterwards: a path of this site, else ""."""
        return local_path(self.request.query.get("next", ""))

    @property
    def before_ms(self) -> int | None:
        """`?before=<Unix ms>` of a list in pages; anything else is the first page."""
        text = self.request.query.get("before", "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else None

    def asked(self, name: str) -> str:
        """A word from the query, shortened."""
        return self.request.query.get(name, "")[:QUERY_MAX].strip()


@dataclass(frozen=True, slots=True)
class Page:
    """One row. `roles` empty: anyone, signed in or not."""

    path: str
    template: str
    data: Callable[[Visit], Awaitable[dict[str, Any]]]
    roles: frozenset[Role] = ANYONE

    async def show(self, request: web.Request) -> web.StreamResponse:
        """The page; who is not signed in does so first (302), who may not see it is told (403)."""
        user = user_of(request)
        if self.roles:
            if user is None or (user.role == "guest" and "guest" not in self.roles):
                raise web.HTTPFound(f"/signin?next={quote(request.path_qs, safe='/')}")
            if user.role not in self.roles:
                raise web.HTTPForbidden
        data = await self.data(Visit(request, user))
        return aiohttp_jinja2.render_template(self.template, request, data)


def local_path(wanted: str) -> str:
    """`wanted` if it is a path of this site, else "": nobody is sent elsewhere after signing in."""
    if not wanted.startswith("/") or wanted.startswith(("//", "/\\")) or not wanted.isprintable():
        return ""
    return wanted
