"""Accounts, guests, sessions over REST; who is signed in, for every other room."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web
from pydantic import ConfigDict, Field

from signaling.kernel.http.identity import COOKIE, OPERATOR, SIGNED_IN, User, address_of
from signaling.kernel.http.inputs import Input
from signaling.kernel.http.routing import ApiRequest, Route, json_response
from signaling.kernel.http.views import View
from signaling.kernel.room import Room
from signaling.kernel.sockets.commands import Fields
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.sockets.socket import Socket
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.people.accounts import NAME_MAX, PASSWORD_MAX, Accounts
from signaling.people.audit_log import AuditLog
from signaling.people.hash_queue import Lane
from signaling.people.sessions import SIGNED_OUT_CHANNEL, Sessions, digest
from signaling.people.signing_in import SigningIn
from signaling.people.views import ActionView, UserView, action_view, user_view

ACCOUNTS_BY_ADDRESS = Limit("accounts-address", 1000, 3600)


class SignUp(Input):
    email: str = Field(max_length=300)
    password: str = Field(max_length=PASSWORD_MAX)
    name: str = Field(min_length=1, max_length=NAME_MAX)
    role: Literal["client", "provider"]

    # A password may begin or end with a space.
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class Guest(Input):
    name: str = Field(min_length=1, max_length=NAME_MAX)


class SignIn(Input):
    email: str = Field(max_length=300)
    password: str = Field(max_length=1000)

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=False)


class UserAnswer(View):
    user: UserView


class ActionsAnswer(View):
    actions: list[ActionView]


@dataclass(frozen=True, kw_only=True)
class People:
    """The handlers; `secure_cookies` where browsers come by https only."""

    accounts: Accounts
    signing_in: SigningIn
    sessions: Sessions
    audit_log: AuditLog
    limiter: RateLimiter
    hub: Hub
    session_ttl_s: int
    secure_cookies: bool

    async def identify(self, token: str) -> User | None:
        """Who a session cookie belongs to."""
        user_id = await self.sessions.user_id(token)
        return await self.accounts.get(user_id) if user_id else None

    async def sign_up(self, request: ApiRequest) -> web.Response:
        body, address = request.read(SignUp), address_of(request.http)
        await self.limiter.take(ACCOUNTS_BY_ADDRESS, address)
        user = await self.accounts.create_user(
            body.email, body.password, body.name, body.role, Lane(address)
        )
        await self.signing_in.remember(body.email, address)
        return await self._signed_in(request, user, 201)

    async def enter_as_guest(self, request: ApiRequest) -> web.Response:
        body = request.read(Guest)
        await self.limiter.take(ACCOUNTS_BY_ADDRESS, address_of(request.http))
        return await self._signed_in(request, await self.accounts.create_guest(body.name), 201)

    async def sign_in(self, request: ApiRequest) -> web.Response:
        body, address = request.read(SignIn), address_of(request.http)
        user = await self.signing_in.sign_in(body.email, body.password, address)
        return await self._signed_in(request, user, 200)

    async def who_am_i(self, request: ApiRequest) -> UserAnswer:
        return UserAnswer(user=user_view(request.user))

    async def sign_out(self, request: ApiRequest) -> web.Response:
        token = request.http.cookies.get(COOKIE)
        if token:
            await self.sessions.delete(token)
        response = web.Response(status=204)
        response.del_cookie(COOKIE, path="/")
        return response

    async def actions(self, request: ApiRequest) -> ActionsAnswer:
        found = await self.audit_log.newest(about=request.query["about"][:100])
        return ActionsAnswer(actions=[action_view(action) for action in found])

    async def close_session(self, message: Mapping[str, Any]) -> None:
        """Somebody signed out, perhaps at another process."""
        self.hub.signed_out(str(message["session"]))

    async def greet(self, socket: Socket) -> Fields:
        """Who the server takes the page's user for."""
        return {"user": user_view(socket.user).as_json()}

    async def _signed_in(self, request: ApiRequest, user: User, status: int) -> web.Response:
        """Always a fresh session: one that was planted before the sign-in is worth nothing."""
        old = request.http.cookies.get(COOKIE)
        if old:
            await self.sessions.delete(old)
        response = json_response(UserAnswer(user=user_view(user)), status)
        response.set_cookie(
            COOKIE,
            await self.sessions.create(user.id),
            max_age=self.session_ttl_s,
            path="/",
            httponly=True,
            secure=self.secure_cookies,
            samesite="Lax",
        )
        return response

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "POST",
                    "/accounts",
                    self.sign_up,
                    "Open an account",
                    UserAnswer,
                    SignUp,
                    status=201,
                ),
                Route(
                    "POST",
                    "/guests",
                    self.enter_as_guest,
                    "Enter as a guest",
                    UserAnswer,
                    Guest,
                    status=201,
                ),
                Route("POST", "/session", self.sign_in, "Sign in", UserAnswer, SignIn),
                Route(
                    "GET",
                    "/session",
                    self.who_am_i,
                    "Who is signed in",
                    UserAnswer,
                    roles=SIGNED_IN,
                ),
                Route("DELETE", "/session", self.sign_out, "Sign out", status=204),
                Route(
                    "GET",
                    "/admin/actions",
                    self.actions,
                    "What operators did with other people's money",
                    ActionsAnswer,
                    roles=OPERATOR,
                    query={"about": "id of a payout, call or person; everything without it"},
                ),
            ),
            channels={SIGNED_OUT_CHANNEL: self.close_session},
            on_open=(self.greet,),
        )


def session_of(request: web.Request) -> str:
    """What is stored of the session that a request comes with."""
    return digest(request.cookies[COOKIE])
