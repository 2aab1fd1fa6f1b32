"""REST: accounts, guests and sessions."""

from __future__ import annotations

from aiohttp import web

from signaling.accounts import User
from signaling.errors import ProblemError
from signaling.inputs import Guest, SignIn, SignUp
from signaling.middleware import client_address
from signaling.presenting import user_view
from signaling.rate_limit import ACCOUNTS_BY_ADDRESS, SIGN_IN_BY_ACCOUNT, SIGN_IN_BY_ADDRESS
from signaling.routing import SIGNED_IN, ApiRequest, Route, json_response
from signaling.sessions import COOKIE
from signaling.views import UserView, View


class UserAnswer(View):
    user: UserView


async def sign_up(request: ApiRequest) -> web.Response:
    body = request.read(SignUp)
    await request.ctx.limiter.take(ACCOUNTS_BY_ADDRESS, client_address(request.http))
    user = await request.ctx.accounts.create_user(body.email, body.password, body.name, body.role)
    return await _signed_in(request, user, 201)


async def enter_as_guest(request: ApiRequest) -> web.Response:
    body = request.read(Guest)
    await request.ctx.limiter.take(ACCOUNTS_BY_ADDRESS, client_address(request.http))
    return await _signed_in(request, await request.ctx.accounts.create_guest(body.name), 201)


async def sign_in(request: ApiRequest) -> web.Response:
    body = request.read(SignIn)
    limiter, account = request.ctx.limiter, body.email.strip().casefold()[:300]
    await limiter.take(SIGN_IN_BY_ADDRESS, client_address(request.http))
    await limiter.take(SIGN_IN_BY_ACCOUNT, account)
    user = await request.ctx.accounts.authenticate(body.email, body.password)
    if user is None:
        raise ProblemError("wrong_credentials", "The email or the password is wrong.")
    await limiter.forgive(SIGN_IN_BY_ACCOUNT, account)
    return await _signed_in(request, user, 200)


async def who_am_i(request: ApiRequest) -> UserAnswer:
    return UserAnswer(user=user_view(request.user))


async def sign_out(request: ApiRequest) -> web.Response:
    token = request.http.cookies.get(COOKIE)
    if token:
        await request.ctx.sessions.delete(token)
    response = web.Response(status=204)
    response.del_cookie(COOKIE, path="/")
    return response


async def _signed_in(request: ApiRequest, user: User, status: int) -> web.Response:
    """Always a fresh session: one that was planted before the sign-in is worth nothing."""
    settings = request.ctx.settings
    old = request.http.cookies.get(COOKIE)
    if old:
        await request.ctx.sessions.delete(old)
    response = json_response(UserAnswer(user=user_view(user)), status)
    response.set_cookie(
        COOKIE,
        await request.ctx.sessions.create(user.id),
        max_age=settings.session_ttl_s,
        path="/",
        httponly=True,
        secure=settings.secure_cookies,
        samesite="Lax",
    )
    return response


ROUTES: tuple[Route, ...] = (
    Route("POST", "/accounts", sign_up, "Open an account", UserAnswer, SignUp, status=201),
    Route("POST", "/guests", enter_as_guest, "Enter as a guest", UserAnswer, Guest, status=201),
    Route("POST", "/session", sign_in, "Sign in", UserAnswer, SignIn),
    Route("GET", "/session", who_am_i, "Who is signed in", UserAnswer, roles=SIGNED_IN),
    Route("DELETE", "/session", sign_out, "Sign out", status=204),
)
