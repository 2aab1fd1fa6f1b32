"""Card payments over REST, for sites with Stripe's keys in their settings."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from aiohttp import web
from pydantic import Field

from metering.errors import AboveOriginalError, InsufficientFundsError
from metering.money import format_amount
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import ANYONE, CLIENT, OPERATOR
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.http.routing import ApiRequest, Route, read_body
from signaling.kernel.http.views import View
from signaling.kernel.problems import ProblemError
from signaling.kernel.room import Room
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.money.cards.stripe_cards import Cards
from signaling.people.accounts import Accounts
from signaling.people.audit_log import AuditLog

CHECKOUTS_BY_PERSON = Limit("checkouts", 30, 600)


class CardTopUp(Input):
    amount: Amount = Field(gt=0)


class CardRefund(Input):
    top_up: str = Field(min_length=1, max_length=64, description="number in the statement's note")
    amount: Amount = Field(gt=0)


class CheckoutView(View):
    url: str


class CardPaymentView(View):
    top_up: str
    at_ms: int
    amount_micros: int
    refunded_micros: int
    refundable_micros: int


class CardPaymentsAnswer(View):
    payments: list[CardPaymentView]


@dataclass(frozen=True, kw_only=True)
class CardsApi:
    """The handlers."""

    stripe: Cards | None
    accounts: Accounts
    audit_log: AuditLog
    calls: Calls
    limiter: RateLimiter
    clock: Clock

    @property
    def cards(self) -> Cards:
        """Stripe, where the site takes cards. Raises ProblemError `not_found`."""
        if self.stripe is None:
            raise ProblemError("not_found", "This site takes no cards; use a voucher.")
        return self.stripe

    async def checkout(self, request: ApiRequest) -> CheckoutView:
        cards, user = self.cards, request.user
        await self.limiter.take(CHECKOUTS_BY_PERSON, user.id)
        amount_micros = request.read(CardTopUp).amount
        return CheckoutView(url=await cards.checkout(user, amount_micros, request.idempotency_key))

    async def webhook(self, request: ApiRequest) -> web.Response:
        signature = request.http.headers.get("Stripe-Signature", "")
        user_id = await self.cards.webhook(await read_body(request.http), signature)
        if user_id is not None:
            await self.calls.funds_changed(user_id)
        return web.json_response({})

    async def card_payments(self, request: ApiRequest) -> CardPaymentsAnswer:
        user = await self.accounts.client(request.path["id"])
        found = await self.cards.payments(user.id)
        return CardPaymentsAnswer(payments=[CardPaymentView(**asdict(each)) for each in found])

    async def refund_card(self, request: ApiRequest) -> None:
        body, cards = request.read(CardRefund), self.cards
        user = await self.accounts.client(request.path["id"])
        try:
            await cards.refund(user.id, body.top_up, body.amount, request.idempotency_key)
        except AboveOriginalError as error:
            raise _too_much(error.code, "is left of this payment", error.facts["left"]) from error
        except InsufficientFundsError as error:
            cash = error.facts["available"]
            raise _too_much(error.code, "of cash is in the client's wallet", cash) from error
        await self.audit_log.add(
            request.user,
            "card_refunded",
            user.id,
            amount_micros=body.amount,
            note=f"Card payment {body.top_up}",
            now_ms=self.clock(),
        )

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "POST",
                    "/wallet/checkout",
                    self.checkout,
                    "A page to pay a top-up by card",
                    CheckoutView,
                    CardTopUp,
                    roles=CLIENT,
                    idempotent=True,
                ),
                Route(
                    "POST", "/stripe/webhook", self.webhook, "Events signed by Stripe", roles=ANYONE
                ),
                Route(
                    "GET",
                    "/admin/users/{id}/card-payments",
                    self.card_payments,
                    "A client's card payments and what can go back",
                    CardPaymentsAnswer,
                    roles=OPERATOR,
                ),
                Route(
                    "POST",
                    "/admin/users/{id}/card-refunds",
                    self.refund_card,
                    "Give a card top-up back to the card",
                    body=CardRefund,
                    roles=OPERATOR,
                    status=204,
                    idempotent=True,
                ),
            )
        )


def _too_much(code: str, what: str, micros: int | str) -> ProblemError:
    sentence = f"{format_amount(int(micros))} {what}; no more than that can go back."
    return ProblemError(code, sentence, fields={"amount": sentence})
