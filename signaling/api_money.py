"""REST: a client's wallet, a provider's earnings."""

from __future__ import annotations

from metering.errors import MeteringError
from signaling import directory
from signaling.call import State
from signaling.call_events import Funded
from signaling.context import Context
from signaling.errors import ProblemError
from signaling.inputs import VoucherCode
from signaling.rate_limit import VOUCHERS_BY_PERSON
from signaling.routing import CLIENT, PROVIDER, ApiRequest, Route
from signaling.views import EarningsView, WalletView


async def wallet(request: ApiRequest) -> WalletView:
    return await directory.wallet(request.ctx, request.user)


async def redeem_voucher(request: ApiRequest) -> WalletView:
    ctx, user = request.ctx, request.user
    await ctx.limiter.take(VOUCHERS_BY_PERSON, user.id)
    code = request.read(VoucherCode).code
    try:
        await ctx.books.vouchers.redeem(
            user.id, code, key=f"api:{request.idempotency_key}", now_ms=ctx.clock()
        )
    except MeteringError as error:
        fields = {"code": str(error)} if error.code.startswith("voucher_") else None
        raise ProblemError(error.code, str(error), fields=fields) from error
    await ctx.limiter.forgive(VOUCHERS_BY_PERSON, user.id)
    await funds_changed(ctx, user.id)
    return await directory.wallet(ctx, user)


async def funds_changed(ctx: Context, client_id: str) -> None:
    """A client got money: a call that waits for it goes on."""
    call_id = await ctx.store.call_of(client_id)
    call = await ctx.store.get(call_id) if call_id else None
    if call is None or call.state is not State.ON_HOLD:
        return
    if (await ctx.books.calls.meter(call.id)).affordable_s != 0:
        await ctx.calls.apply(call.id, Funded())


async def earnings(request: ApiRequest) -> EarningsView:
    return await directory.earnings(request.ctx, request.user)


ROUTES: tuple[Route, ...] = (
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
)
