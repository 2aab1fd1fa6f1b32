"""REST: what the operator can see and change."""

from __future__ import annotations

import hashlib
import hmac

from signaling import directory
from signaling.api_calls import BEFORE, CallsAnswer, before_of
from signaling.api_money import funds_changed
from signaling.errors import ProblemError
from signaling.inputs import CreditInput, PricingInput, VouchersInput
from signaling.presenting import pricing_view
from signaling.pricing import ChangedMeanwhileError
from signaling.routing import OPERATOR, ApiRequest, Route
from signaling.views import AuditView, PricingView, UserWithBalance, View, VoucherView


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


async def pricing(request: ApiRequest) -> PricingAnswer:
    return PricingAnswer(pricing=await directory.pricing(request.ctx))


async def set_pricing(request: ApiRequest) -> PricingAnswer:
    try:
        after = await request.ctx.pricing.set(request.read(PricingInput).pricing())
    except ChangedMeanwhileError as error:
        raise ProblemError(
            "conflict",
            "The rules were changed by somebody else while you were at it. Load the current ones "
            "and make your change again.",
            facts={"pricing": pricing_view(error.current).model_dump()},
        ) from error
    return PricingAnswer(pricing=pricing_view(after))


async def vouchers(request: ApiRequest) -> VouchersAnswer:
    return VouchersAnswer(vouchers=await directory.vouchers(request.ctx))


async def create_vouchers(request: ApiRequest) -> CodesAnswer:
    ctx, body = request.ctx, request.read(VouchersInput)
    now_ms = ctx.clock()
    # Codes are not stored. So that the request repeated after a lost answer can show them again,
    # they are derived from its key, which only the operator's page knows, and our own secret.
    key = f"vouchers\0{request.user.id}\0{request.idempotency_key}"
    codes = await ctx.books.vouchers.create(
        body.amount,
        body.count,
        expires_at_ms=body.expires_at_ms(now_ms),
        note=body.note,
        created_by=request.user.id,
        now_ms=now_ms,
        seed=hmac.digest(ctx.settings.relay_secret.encode(), key.encode(), hashlib.sha256),
    )
    return CodesAnswer(codes=codes)


async def users(request: ApiRequest) -> UsersAnswer:
    return UsersAnswer(users=await directory.users(request.ctx, request.query["query"][:200]))


async def audit(request: ApiRequest) -> AuditView:
    return await directory.audit(request.ctx)


async def credit(request: ApiRequest) -> CreditAnswer:
    ctx, body = request.ctx, request.read(CreditInput)
    user = await directory.client(ctx, request.path["id"])
    money = await ctx.books.wallets.top_up(
        user.id,
        body.amount,
        key=f"credit:{request.idempotency_key}",
        source=f"operator {request.user.id}",
        note=body.note,
        now_ms=ctx.clock(),
    )
    await funds_changed(ctx, user.id)
    return CreditAnswer(available_micros=money.available_micros)


async def all_calls(request: ApiRequest) -> CallsAnswer:
    return CallsAnswer(calls=await directory.all_calls(request.ctx, before_of(request)))


ROUTES: tuple[Route, ...] = (
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
        idempotent=True,
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
    Route("GET", "/admin/calls", all_calls, "All calls", CallsAnswer, roles=OPERATOR, query=BEFORE),
    Route("GET", "/admin/audit", audit, "Check the books now", AuditView, roles=OPERATOR),
)
