"""The handlers of the REST API and their table (protocol, section 1)."""

from __future__ import annotations

from typing import cast

from aiohttp import web

from metering.errors import MeteringError
from signaling import directory
from signaling.accounts import Role, User
from signaling.call import State
from signaling.call_events import Funded
from signaling.context import Context
from signaling.errors import ProblemError, invalid
from signaling.inputs import (
    CreditInput,
    Guest,
    PricingInput,
    ServiceInput,
    SignIn,
    SignUp,
    VoucherCode,
    VouchersInput,
)
from signaling.middleware import client_address
from signaling.presenting import pricing_view, service_view, user_view
from signaling.rate_limit import (
    ACCOUNTS_BY_ADDRESS,
    SIGN_IN_BY_ACCOUNT,
    SIGN_IN_BY_ADDRESS,
    VOUCHERS_BY_PERSON,
)
from signaling.routing import SIGNED_IN, ApiRequest, Route, json_response
from signaling.sessions import COOKIE
from signaling.views import (
    AuditView,
    CallView,
    EarningsView,
    PricingView,
    PublicServiceView,
    QuoteView,
    ServiceView,
    UserView,
    UserWithBalance,
    View,
    VoucherView,
    WalletView,
)

CLIENT = cast("frozenset[Role]", frozenset({"client"}))
CALLER = cast("frozenset[Role]", frozenset({"client", "guest"}))
PROVIDER = cast("frozenset[Role]", frozenset({"provider"}))
OPERATOR = cast("frozenset[Role]", frozenset({"operator"}))


class UserAnswer(View):
    user: UserView


class ServiceAnswer(View):
    service: ServiceView


class ServicesAnswer(View):
    services: list[ServiceView]


class PublicServiceAnswer(View):
    service: PublicServiceView


class PublicServicesAnswer(View):
    services: list[PublicServiceView]


class QuoteAnswer(View):
    quote: QuoteView


class CallAnswer(View):
    call: CallView


class CallsAnswer(View):
    calls: list[CallView]


class PricingAnswer(View):
    pricing: PricingView


class VouchersAnswer(View):
    vouchers: list[VoucherView]


class CodesAnswer(View):
    codes: list[str]


class UsersAnswer(View):
    users: list[UserWithBalance]


class CreditAnswer(View):
    available_micros: int


# --- accounts and sessions --------------------------------------------------------------------


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


# --- money ------------------------------------------------------------------------------------


async def wallet(request: ApiRequest) -> WalletView:
    return await directory.wallet(request.ctx, request.user)


async def redeem_voucher(request: ApiRequest) -> WalletView:
    ctx, user = request.ctx, request.user
    await ctx.limiter.take(VOUCHERS_BY_PERSON, user.id)
    code = request.read(VoucherCode).code
    try:
        await ctx.books.redeem_voucher(
            user.id, code, key=f"api:{request.idempotency_key}", now_ms=ctx.clock()
        )
    except MeteringError as error:
        fields = {"code": str(error)} if error.code.startswith("voucher_") else None
        raise ProblemError(error.code, str(error), fields=fields) from error
    await ctx.limiter.forgive(VOUCHERS_BY_PERSON, user.id)
    await funds_changed(ctx, user.id)
    return await directory.wallet(ctx, user)


async def credit(request: ApiRequest) -> CreditAnswer:
    ctx, body = request.ctx, request.read(CreditInput)
    user = await directory.client(ctx, request.path["id"])
    money = await ctx.books.top_up(
        user.id,
        body.amount,
        key=f"credit:{request.idempotency_key}",
        source=f"operator {request.user.id}",
        note=body.note,
        now_ms=ctx.clock(),
    )
    await funds_changed(ctx, user.id)
    return CreditAnswer(available_micros=money.available_micros)


async def funds_changed(ctx: Context, client_id: str) -> None:
    """A client got money: a call that waits for it goes on."""
    call_id = await ctx.store.call_of(client_id)
    call = await ctx.store.get(call_id) if call_id else None
    if call is None or call.state is not State.ON_HOLD:
        return
    if (await ctx.books.call_meter(call.id)).affordable_s != 0:
        await ctx.calls.apply(call.id, Funded())


async def earnings(request: ApiRequest) -> EarningsView:
    return await directory.earnings(request.ctx, request.user)


# --- services ---------------------------------------------------------------------------------


async def own_services(request: ApiRequest) -> ServicesAnswer:
    return ServicesAnswer(services=await directory.own_services(request.ctx, request.user))


async def create_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    draft = request.read(ServiceInput).draft(await ctx.pricing.get(), ctx.settings.currency)
    service = await ctx.services.create(request.user, draft)
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def own_service(request: ApiRequest) -> ServiceAnswer:
    service = await directory.own_service(request.ctx, request.user, request.path["id"])
    return ServiceAnswer(service=service)


async def update_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    draft = request.read(ServiceInput).draft(await ctx.pricing.get(), ctx.settings.currency)
    service = await ctx.services.update(request.user.id, request.path["id"], draft)
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def delete_service(request: ApiRequest) -> ServiceAnswer:
    ctx = request.ctx
    service = await ctx.services.delete(request.user.id, request.path["id"])
    return ServiceAnswer(service=service_view(service, ctx.settings.base_url))


async def public_services(request: ApiRequest) -> PublicServicesAnswer:
    query, kind = request.query["query"][:200], request.query["kind"][:100]
    services = await directory.public_services(request.ctx, query, kind)
    return PublicServicesAnswer(services=services)


async def public_service(request: ApiRequest) -> PublicServiceAnswer:
    service = await directory.public_service(request.ctx, request.path["slug"])
    return PublicServiceAnswer(service=service)


async def quote(request: ApiRequest) -> QuoteAnswer:
    found = await directory.quote(request.ctx, request.user, request.path["slug"])
    return QuoteAnswer(quote=found)


# --- calls ------------------------------------------------------------------------------------


async def calls(request: ApiRequest) -> CallsAnswer:
    before_ms = _before(request)
    return CallsAnswer(calls=await directory.calls(request.ctx, request.user, before_ms))


async def call(request: ApiRequest) -> CallAnswer:
    return CallAnswer(call=await directory.call(request.ctx, request.user, request.path["id"]))


async def all_calls(request: ApiRequest) -> CallsAnswer:
    return CallsAnswer(calls=await directory.all_calls(request.ctx, _before(request)))


def _before(request: ApiRequest) -> int | None:
    text = request.query["before"]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid("before", "This is a time in Unix milliseconds.")
    return int(text)


# --- operator ---------------------------------------------------------------------------------


async def pricing(request: ApiRequest) -> PricingAnswer:
    return PricingAnswer(pricing=await directory.pricing(request.ctx))


async def set_pricing(request: ApiRequest) -> PricingAnswer:
    store = request.ctx.pricing
    after = await store.set(request.read(PricingInput).pricing(await store.get()))
    return PricingAnswer(pricing=pricing_view(after))


async def vouchers(request: ApiRequest) -> VouchersAnswer:
    return VouchersAnswer(vouchers=await directory.vouchers(request.ctx))


async def create_vouchers(request: ApiRequest) -> CodesAnswer:
    ctx, body = request.ctx, request.read(VouchersInput)
    now_ms = ctx.clock()
    codes = await ctx.books.create_vouchers(
        body.amount,
        body.count,
        expires_at_ms=body.expires_at_ms(now_ms),
        note=body.note,
        created_by=request.user.id,
        now_ms=now_ms,
    )
    return CodesAnswer(codes=codes)


async def users(request: ApiRequest) -> UsersAnswer:
    return UsersAnswer(users=await directory.users(request.ctx, request.query["query"][:200]))


async def audit(request: ApiRequest) -> AuditView:
    return await directory.audit(request.ctx)


_BEFORE = {"before": "only calls that started before this time (Unix milliseconds)"}
_SEARCH = {"query": "words to look for", "kind": "only this kind of activity"}

ROUTES: tuple[Route, ...] = (
    Route("POST", "/accounts", sign_up, "Open an account", UserAnswer, SignUp, status=201),
    Route("POST", "/guests", enter_as_guest, "Enter as a guest", UserAnswer, Guest, status=201),
    Route("POST", "/session", sign_in, "Sign in", UserAnswer, SignIn),
    Route("GET", "/session", who_am_i, "Who is signed in", UserAnswer, roles=SIGNED_IN),
    Route("DELETE", "/session", sign_out, "Sign out", status=204),
    Route("GET", "/wallet", wallet, "Money and statement", WalletView, roles=CLIENT),
    Route(
        "POST",
        "/wallet/vouchers",
        redeem_voucher,
        "Redeem a voucher",
        WalletView,
        VoucherCode,
        roles=CLIENT,
        idempotent=True,
    ),
    Route("GET", "/earnings", earnings, "Earnings and statement", EarningsView, roles=PROVIDER),
    Route("GET", "/services", own_services, "Own services", ServicesAnswer, roles=PROVIDER),
    Route(
        "POST",
        "/services",
        create_service,
        "Open a service",
        ServiceAnswer,
        ServiceInput,
        roles=PROVIDER,
        status=201,
    ),
    Route("GET", "/services/{id}", own_service, "A service", ServiceAnswer, roles=PROVIDER),
    Route(
        "PUT",
        "/services/{id}",
        update_service,
        "Change a service",
        ServiceAnswer,
        ServiceInput,
        roles=PROVIDER,
    ),
    Route(
        "DELETE",
        "/services/{id}",
        delete_service,
        "Take a service away",
        ServiceAnswer,
        roles=PROVIDER,
    ),
    Route(
        "GET",
        "/public/services",
        public_services,
        "Find services",
        PublicServicesAnswer,
        query=_SEARCH,
    ),
    Route(
        "GET", "/public/services/{slug}", public_service, "A public service", PublicServiceAnswer
    ),
    Route(
        "GET",
        "/public/services/{slug}/quote",
        quote,
        "What a call would cost now",
        QuoteAnswer,
        roles=SIGNED_IN,
    ),
    Route("GET", "/calls", calls, "Own calls", CallsAnswer, roles=SIGNED_IN, query=_BEFORE),
    Route("GET", "/calls/{id}", call, "A call", CallAnswer, roles=SIGNED_IN),
    Route("GET", "/admin/pricing", pricing, "The rules", PricingAnswer, roles=OPERATOR),
    Route(
        "PUT",
        "/admin/pricing",
        set_pricing,
        "Change the rules for later calls",
        PricingAnswer,
        PricingInput,
        roles=OPERATOR,
    ),
    Route("GET", "/admin/vouchers", vouchers, "Vouchers", VouchersAnswer, roles=OPERATOR),
    Route(
        "POST",
        "/admin/vouchers",
        create_vouchers,
        "Make vouchers",
        CodesAnswer,
        VouchersInput,
        roles=OPERATOR,
        status=201,
    ),
    Route(
        "GET",
        "/admin/users",
        users,
        "Find people",
        UsersAnswer,
        roles=OPERATOR,
        query={"query": "part of a name or an email"},
    ),
    Route(
        "POST",
        "/admin/users/{id}/credit",
        credit,
        "Give a client money",
        CreditAnswer,
        CreditInput,
        roles=OPERATOR,
        idempotent=True,
    ),
    Route(
        "GET", "/admin/calls", all_calls, "All calls", CallsAnswer, roles=OPERATOR, query=_BEFORE
    ),
    Route("GET", "/admin/audit", audit, "Check the books now", AuditView, roles=OPERATOR),
)
