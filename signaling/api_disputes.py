"""REST: clients report problems with calls, the operator refunds or rejects."""

from __future__ import annotations

from signaling import directory, settling
from signaling.api_calls import CallAnswer
from signaling.api_money import funds_changed
from signaling.errors import invalid
from signaling.inputs import DisputeDecision, ProblemReport, RefundInput
from signaling.rate_limit import REPORTS_BY_PERSON
from signaling.routing import CLIENT, OPERATOR, ApiRequest, Route
from signaling.views import DisputedCall, View


class DisputesAnswer(View):
    disputes: list[DisputedCall]


async def report_problem(request: ApiRequest) -> CallAnswer:
    ctx, call_id = request.ctx, request.path["id"]
    await ctx.limiter.take(REPORTS_BY_PERSON, request.user.id)
    await settling.report(ctx, request.user, call_id, request.read(ProblemReport).reason)
    return await _answer(request)


async def disputes(request: ApiRequest) -> DisputesAnswer:
    state = request.query["state"]
    if state not in ("", "open", "decided"):
        raise invalid("state", "This must be one of open, decided.")
    found = await directory.disputed_calls(request.ctx, decided=state == "decided")
    return DisputesAnswer(disputes=found)


async def refund_call(request: ApiRequest) -> CallAnswer:
    ctx, body, call_id = request.ctx, request.read(RefundInput), request.path["id"]
    key = f"api:{request.idempotency_key}"
    await settling.refund(ctx, request.user, call_id, body.amount, note=body.reason, key=key)
    return await _refunded(request)


async def decide_dispute(request: ApiRequest) -> CallAnswer:
    ctx, body, call_id = request.ctx, request.read(DisputeDecision), request.path["id"]
    await settling.decide(ctx, request.user, call_id, body.amount, body.answer)
    return await _refunded(request)


async def _refunded(request: ApiRequest) -> CallAnswer:
    await funds_changed(request.ctx, (await request.ctx.calls.get(request.path["id"])).client_id)
    return await _answer(request)


async def _answer(request: ApiRequest) -> CallAnswer:
    return CallAnswer(call=await directory.call(request.ctx, request.user, request.path["id"]))


ROUTES: tuple[Route, ...] = (
    Route(
        "POST",
        "/calls/{id}/dispute",
        report_problem,
        "Report a problem with a call",
        CallAnswer,
        ProblemReport,
        roles=CLIENT,
        status=201,
    ),
    Route(
        "GET",
        "/admin/disputes",
        disputes,
        "Reported problems",
        DisputesAnswer,
        roles=OPERATOR,
        query={"state": "open (the default) or decided"},
    ),
    Route(
        "POST",
        "/admin/calls/{id}/refunds",
        refund_call,
        "Give a part of a charge back",
        CallAnswer,
        RefundInput,
        roles=OPERATOR,
        idempotent=True,
    ),
    Route(
        "POST",
        "/admin/calls/{id}/dispute",
        decide_dispute,
        "Close a report with a refund or without",
        CallAnswer,
        DisputeDecision,
        roles=OPERATOR,
    ),
)
