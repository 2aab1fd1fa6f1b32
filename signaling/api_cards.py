"""REST: card payments. Without Stripe's keys in the settings these answer that there are none."""

from __future__ import annotations

from aiohttp import web

from signaling.api_money import funds_changed
from signaling.cards import Cards
from signaling.context import Context
from signaling.errors import ProblemError
from signaling.inputs import CardRefund, CardTopUp
from signaling.rate_limit import CHECKOUTS_BY_PERSON
from signaling.routing import ANYONE, CLIENT, OPERATOR, ApiRequest, Route
from signaling.views import CheckoutView


async def checkout(request: ApiRequest) -> CheckoutView:
    cards, user = _cards(request.ctx), request.user
    await request.ctx.limiter.take(CHECKOUTS_BY_PERSON, user.id)
    amount_micros = request.read(CardTopUp).amount
    return CheckoutView(url=await cards.checkout(user, amount_micros, request.idempotency_key))


async def webhook(request: ApiRequest) -> web.Response:
    ctx = request.ctx
    signature = request.http.headers.get("Stripe-Signature", "")
    user_id = await _cards(ctx).webhook(await request.http.read(), signature)
    if user_id is not None:
        await funds_changed(ctx, user_id)
    return web.json_response({})


async def refund(request: ApiRequest) -> None:
    body = request.read(CardRefund)
    await _cards(request.ctx).refund(
        request.path["id"], body.top_up, body.amount, request.idempotency_key
    )


def _cards(ctx: Context) -> Cards:
    if ctx.cards is None:
        raise ProblemError("not_found", "This site takes no cards; use a voucher.")
    return ctx.cards


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/wallet/checkout",
        checkout,
        "A page to pay a top-up by card",
        CheckoutView,
        CardTopUp,
        roles=CLIENT,
        idempotent=True,
    ),
    Route("POST", "/stripe/webhook", webhook, "Events signed by Stripe", roles=ANYONE),
    Route(
        "POST",
        "/admin/users/{id}/card-refunds",
        refund,
        "Give a card top-up back to the card",
        body=CardRefund,
        roles=OPERATOR,
        status=204,
        idempotent=True,
    ),
)
