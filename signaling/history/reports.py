"""Reports over REST: clients report, the operator refunds or rejects."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from signaling.calls.store import CallStore
from signaling.calls.views import call_view
from signaling.calls.work import Calls
from signaling.history.api import CallAnswer
from signaling.history.calls import History
from signaling.history.disputes.decisions import Decisions
from signaling.history.disputes.store import Disputes
from signaling.history.disputes.views import DisputedCall, dispute_view
from signaling.kernel.http.identity import CLIENT, OPERATOR
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.problems import invalid
from signaling.kernel.room import Room
from signaling.kernel.store.limits import Limit, RateLimiter

REPORTS_BY_PERSON = Limit("reports", 30, 3600)


class ProblemReport(Input):
    reason: str = Field(min_length=10, max_length=1000)


class RefundInput(Input):
    amount: Amount = Field(gt=0)
    reason: str = Field(min_length=1, max_length=200, description="shown to the client")


class DisputeDecision(Input):
    amount: Amount = Field(
        default=0,
        ge=0,
        description="to give back; 0: the report is rejected",
        json_schema_extra={"default": "0"},  # as it is written, not as it is read
    )
    answer: str = Field(min_length=1, max_length=200, description="shown to both parties")


class DisputesAnswer(View):
    disputes: list[DisputedCall]


@dataclass(frozen=True, kw_only=True)
class Reports:
    """The handlers."""

    store: Disputes
    decisions: Decisions
    history: History
    calls: Calls
    call_store: CallStore
    limiter: RateLimiter

    async def listed(self, *, decided: bool = False) -> list[DisputedCall]:
        """Reports and the calls they are about: open ones, or decided ones."""
        disputes = await self.store.listed(decided=decided)
        calls = await self.call_store.get_many([dispute.call for dispute in disputes])
        found = {call.id: call for call in calls}
        return [
            DisputedCall(
                call=call_view(found[dispute.call], "operator"),
                dispute=dispute_view(dispute, "operator"),
            )
            for dispute in disputes
            if dispute.call in found
        ]

    async def report_problem(self, request: ApiRequest) -> CallAnswer:
        await self.limiter.take(REPORTS_BY_PERSON, request.user.id)
        reason = request.read(ProblemReport).reason
        await self.decisions.report(request.user, request.path["id"], reason)
        return await self._answer(request)

    async def disputes(self, request: ApiRequest) -> DisputesAnswer:
        state = request.query["state"]
        if state not in ("", "open", "decided"):
            raise invalid("state", "This must be one of open, decided.")
        return DisputesAnswer(disputes=await self.listed(decided=state == "decided"))

    async def refund_call(self, request: ApiRequest) -> CallAnswer:
        body, key = request.read(RefundInput), f"api:{request.idempotency_key}"
        await self.decisions.refund(
            request.user, request.path["id"], body.amount, note=body.reason, key=key
        )
        return await self._refunded(request)

    async def decide_dispute(self, request: ApiRequest) -> CallAnswer:
        body = request.read(DisputeDecision)
        await self.decisions.decide(request.user, request.path["id"], body.amount, body.answer)
        return await self._refunded(request)

    async def _refunded(self, request: ApiRequest) -> CallAnswer:
        await self.calls.funds_changed((await self.calls.get(request.path["id"])).client_id)
        return await self._answer(request)

    async def _answer(self, request: ApiRequest) -> CallAnswer:
        return CallAnswer(call=await self.history.call(request.user, request.path["id"]))

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "POST",
                    "/calls/{id}/dispute",
                    self.report_problem,
                    "Report a problem with a call",
                    CallAnswer,
                    ProblemReport,
                    roles=CLIENT,
                    status=201,
                ),
                Route(
                    "GET",
                    "/admin/disputes",
                    self.disputes,
                    "Reported problems",
                    DisputesAnswer,
                    roles=OPERATOR,
                    query={"state": "open (the default) or decided"},
                ),
                Route(
                    "POST",
                    "/admin/calls/{id}/refunds",
                    self.refund_call,
                    "Give a part of a charge back",
                    CallAnswer,
                    RefundInput,
                    roles=OPERATOR,
                    idempotent=True,
                ),
                Route(
                    "POST",
                    "/admin/calls/{id}/dispute",
                    self.decide_dispute,
                    "Close a report with a refund or without",
                    CallAnswer,
                    DisputeDecision,
                    roles=OPERATOR,
                ),
            )
        )
