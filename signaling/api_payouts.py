"""REST: providers ask for payouts, the operator pays or rejects them."""

from __future__ import annotations

from signaling import payouts
from signaling.inputs import PayoutPaid, PayoutRequest, Reason
from signaling.presenting import action_view
from signaling.rate_limit import PAYOUTS_BY_PERSON
from signaling.routing import OPERATOR, PROVIDER, ApiRequest, Route
from signaling.views import ActionView, PayoutView, View


class PayoutAnswer(View):
    payout: PayoutView


class PayoutsAnswer(View):
    payouts: list[PayoutView]


class ActionsAnswer(View):
    actions: list[ActionView]


async def own_payouts(request: ApiRequest) -> PayoutsAnswer:
    return PayoutsAnswer(payouts=await payouts.own(request.ctx, request.user))


async def request_payout(request: ApiRequest) -> PayoutAnswer:
    ctx, body = request.ctx, request.read(PayoutRequest)
    await ctx.limiter.take(PAYOUTS_BY_PERSON, request.user.id)
    made = await payouts.request(ctx, request.user, body.amount, body.note, request.idempotency_key)
    return PayoutAnswer(payout=payouts.view(made))


async def all_payouts(request: ApiRequest) -> PayoutsAnswer:
    found = await payouts.everybodys(request.ctx, request.query["state"])
    return PayoutsAnswer(payouts=found)


async def pay_payout(request: ApiRequest) -> PayoutAnswer:
    return await _settled(request, "paid", request.read(PayoutPaid).reference)


async def reject_payout(request: ApiRequest) -> PayoutAnswer:
    return await _settled(request, "rejected", request.read(Reason).reason)


async def actions(request: ApiRequest) -> ActionsAnswer:
    about = request.query["about"][:100]
    found = await request.ctx.actions.newest(about=about)
    return ActionsAnswer(actions=[action_view(action) for action in found])


async def _settled(request: ApiRequest, verdict: payouts.Verdict, note: str) -> PayoutAnswer:
    ctx = request.ctx
    done = await payouts.settle(ctx, request.user, request.path["id"], verdict, note)
    return PayoutAnswer(payout=(await payouts.with_providers(ctx, [done]))[0])


ROUTES: tuple[Route, ...] = (
    Route("GET", "/payouts", own_payouts, "Own payouts", PayoutsAnswer, roles=PROVIDER),
    Route(
        "POST",
        "/payouts",
        request_payout,
        "Ask for available earnings",
        PayoutAnswer,
        PayoutRequest,
        roles=PROVIDER,
        status=201,
        idempotent=True,
    ),
    Route(
        "GET",
        "/admin/payouts",
        all_payouts,
        "Payouts, those that wait first",
        PayoutsAnswer,
        roles=OPERATOR,
        query={"state": "requested, paid or rejected; all without it"},
    ),
    Route(
        "POST",
        "/admin/payouts/{id}/pay",
        pay_payout,
        "A payout has been paid",
        PayoutAnswer,
        PayoutPaid,
        roles=OPERATOR,
    ),
    Route(
        "POST",
        "/admin/payouts/{id}/reject",
        reject_payout,
        "Reject a payout: the money is available again",
        PayoutAnswer,
        Reason,
        roles=OPERATOR,
    ),
    Route(
        "GET",
        "/admin/actions",
        actions,
        "What operators did with other people's money",
        ActionsAnswer,
        roles=OPERATOR,
        query={"about": "id of a payout, call or person; everything without it"},
    ),
)
