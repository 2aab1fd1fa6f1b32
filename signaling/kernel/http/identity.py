"""Who asks: the person behind a request, their role, the address they ask from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from aiohttp import web

Role = Literal["client", "provider", "operator", "guest"]

ANYONE: frozenset[Role] = frozenset()
SIGNED_IN: frozenset[Role] = frozenset({"client", "provider", "operator", "guest"})
CLIENT: frozenset[Role] = frozenset({"client"})
PROVIDER: frozenset[Role] = frozenset({"provider"})
OPERATOR: frozenset[Role] = frozenset({"operator"})
CALLER: frozenset[Role] = frozenset({"client", "guest"})
PARTY: frozenset[Role] = frozenset({"client", "guest", "provider"})

COOKIE = "tipmeet_session"


@dataclass(frozen=True, slots=True)
class User:
    """A person as everybody inside may know them. Guests have no email."""

    id: str
    name: str
    email: str | None
    role: Role
    created_at_ms: int


USER: web.RequestKey[User] = web.RequestKey("user", User)
ADDRESS: web.RequestKey[str] = web.RequestKey("address", str)


def user_of(request: web.Request) -> User | None:
    """Who is signed in, as the session middleware found out."""
    return request.get(USER)


def address_of(request: web.Request) -> str:
    """Where a request comes from, as the session middleware found out."""
    return request[ADDRESS]
