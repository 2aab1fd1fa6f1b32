"""REST: card payments. Without Stripe's keys in the settings these answer that there are none."""

from __future__ import annotations

from dataclasses import asdict

from aiohttp import web

from metering.errors import AboveOriginalError, InsufficientFundsError
from metering.money import format_amount
from signaling import directory
from signaling.api_money import funds_changed
from signaling.cards import Cards
from signaling.context import Context
from signaling.errors import ProblemError
from signaling.inputs import CardRefund, CardTopUp
from signaling.rate_limit import CHECKOUTS_BY_PERSON
from signaling.routing import ANYONE, CLIENT, OPERATOR, ApiRequest, Route
from signaling.views import CardPaymentView, CheckoutView, View


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


class CardPaymentsAnswer(View):
    payments: list[CardPaymentView]


async def card_payments(request: ApiRequest) -> CardPaymentsAnswer:
    ctx = request.ctx
    user = await directory.client(ctx, request.path["id"])
    found = await _cards(ctx).payments(user.id)
    return CardPaymentsAnswer(payments=[CardPaymentView(**asdict(each)) for each in found])


async def refund_card(request: ApiRequest) -> None:
    ctx, body = request.ctx, request.read(CardRefund)
    cards = _cards(ctx)
    user = await directory.client(ctx, request.path["id"])
    try:
        await cards.refund(user.id, body.top_up, body.amount, request.idempotency_key)
    except AboveOriginalError as error:
        raise _too_much(error.code, "is left of this payment", error.facts["left"]) from error
    except InsufficientFundsError as error:
        cash = error.facts["available"]
        raise _too_much(error.code, "of cash is in the client's wallet", cash) from error
    await ctx.actions.add(
        request.user,
        "card_refunded",
        user.id,
        amount_micros=body.amount,
        note=f"Card payment {body.top_up}",
        now_ms=ctx.clock(),
    )


def _too_much(code: str, what: str, micros: int | str) -> ProblemError:
    sentence = f"{format_amount(int(micros))} {what}; no more than that can go back."
    return ProblemError(code, sentence, fields={"amount": sentence})


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
        "GET",
        "/admin/users/{id}/card-payments",
        card_payments,
        "A client's card payments and what can go back",
        CardPaymentsAnswer,
        roles=OPERATOR,
    ),
    Route(
        "POST",
        "/admin/users/{id}/card-refunds",
        refund_card,
        "Give a card top-up back to the card",
        body=CardRefund,
        roles=OPERATOR,
        status=204,
        idempotent=True,
    ),
)
