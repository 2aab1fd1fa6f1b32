"""Payouts over REST."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from signaling.kernel.http.identity import OPERATOR, PROVIDER
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.room import Room
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.money.payouts.payouts import Payouts, Verdict
from signaling.money.payouts.views import PayoutView, payout_view

PAYOUTS_BY_PERSON = Limit("payouts", 30, 3600)


class PayoutRequest(Input):
    amount: Amount = Field(gt=0)
    note: str = Field(default="", max_length=200, description="for the operator: where to pay it")


class PayoutPaid(Input):
    reference: str = Field(min_length=1, max_length=200, description="of the bank's transfer")


class PayoutRejected(Input):
    reason: str = Field(min_length=1, max_length=200, description="shown to the provider")


class PayoutAnswer(View):
    payout: PayoutView


class PayoutsAnswer(View):
    payouts: list[PayoutView]


@dataclass(frozen=True)
class PayoutsApi:
    """The handlers."""

    payouts: Payouts
    limiter: RateLimiter

    async def own_payouts(self, request: ApiRequest) -> PayoutsAnswer:
        return PayoutsAnswer(payouts=await self.payouts.own(request.user))

    async def request_payout(self, request: ApiRequest) -> PayoutAnswer:
        body = request.read(PayoutRequest)
        await self.limiter.take(PAYOUTS_BY_PERSON, request.user.id)
        made = await self.payouts.request(
            request.user, body.amount, body.note, request.idempotency_key
        )
        return PayoutAnswer(payout=payout_view(made))

    async def all_payouts(self, request: ApiRequest) -> PayoutsAnswer:
        return PayoutsAnswer(payouts=await self.payouts.everybodys(request.query["state"]))

    async def pay_payout(self, request: ApiRequest) -> PayoutAnswer:
        return await self._settled(request, "paid", request.read(PayoutPaid).reference)

    async def reject_payout(self, request: ApiRequest) -> PayoutAnswer:
        return await self._settled(request, "rejected", request.read(PayoutRejected).reason)

    async def _settled(self, request: ApiRequest, verdict: Verdict, note: str) -> PayoutAnswer:
        done = await self.payouts.settle(request.user, request.path["id"], verdict, note)
        return PayoutAnswer(payout=(await self.payouts.with_providers([done]))[0])

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/payouts",
                    self.own_payouts,
                    "Own payouts",
                    PayoutsAnswer,
                    roles=PROVIDER,
                ),
                Route(
                    "POST",
                    "/payouts",
                    self.request_payout,
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
                    self.all_payouts,
                    "Payouts, those that wait first",
                    PayoutsAnswer,
                    roles=OPERATOR,
                    query={"state": "requested, paid or rejected; all without it"},
                ),
                Route(
                    "POST",
                    "/admin/payouts/{id}/pay",
                    self.pay_payout,
                    "A payout has been paid",
                    PayoutAnswer,
                    PayoutPaid,
                    roles=OPERATOR,
                ),
                Route(
                    "POST",
                    "/admin/payouts/{id}/reject",
                    self.reject_payout,
                    "Reject a payout: the money is available again",
                    PayoutAnswer,
                    PayoutRejected,
                    roles=OPERATOR,
                ),
            )
        )
