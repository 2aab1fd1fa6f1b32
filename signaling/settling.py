"""After a call: its client reports a problem, the operator refunds a part or rejects."""

from __future__ import annotations

from metering.errors import AboveOriginalError
from metering.money import format_amount
from signaling.accounts import User
from signaling.call import Call
from signaling.context import Context
from signaling.disputes import Dispute
from signaling.errors import ProblemError, not_found
from signaling.receipts import unpack_receipt


def report_until_ms(ctx: Context, call: Call) -> int | None:
    """Until when the client may report a problem; None for a call that cost nothing."""
    if call.receipt is None:
        return None
    receipt = unpack_receipt(call.receipt)
    if not receipt.charged_micros:
        return None
    return receipt.ended_at_ms + ctx.books.dispute_window_s * 1000


async def report(ctx: Context, client: User, call_id: str, reason: str) -> Dispute:
    """The client of a paid call says what was wrong, once, within the dispute window.

    Raises ProblemError `not_found`, `wrong_state`, `too_late`.
    """
    call = await ctx.calls.get(call_id)
    if call.client_id != client.id:
        raise not_found("This call")
    if not call.over or call.receipt is None:
        raise ProblemError("wrong_state", "This call has no receipt yet.")
    until_ms = report_until_ms(ctx, call)
    if until_ms is None:
        raise ProblemError("wrong_state", "Nothing was charged for this call.")
    now_ms = ctx.clock()
    if now_ms >= until_ms:
        raise ProblemError("too_late", "The time to report a problem with this call is over.")
    return await ctx.disputes.open(call_id, reason, now_ms)


async def refund(
    ctx: Context, operator: User, call_id: str, amount_micros: int, *, note: str, key: str
) -> None:
    """Gives a part of a call's charge back to its client, once per `key`.

    Raises ProblemError `not_found`, `wrong_state`, `above_original` (with what is left).
    """
    call = await ctx.calls.get(call_id)
    if not call.over or call.receipt is None:
        raise ProblemError("wrong_state", "Only a call with a receipt can be refunded.")
    before = await ctx.books.receipt(call_id)
    try:
        after = await ctx.books.refund(
            call_id, amount_micros, key=key, note=note, now_ms=ctx.clock()
        )
    except AboveOriginalError as error:
        left = f"{format_amount(int(error.facts['left']))} {ctx.settings.currency}"
        sentence = f"{left} is left of what this call cost; no more than that can be given back."
        raise ProblemError(error.code, sentence, fields={"amount": sentence}) from error
    if before is None or before.refunded_micros != after.refunded_micros:
        await ctx.actions.add(
            operator,
            "call_refunded",
            call_id,
            amount_micros=amount_micros,
            note=note,
            now_ms=ctx.clock(),
        )


async def decide(
    ctx: Context, operator: User, call_id: str, amount_micros: int, answer: str
) -> Dispute:
    """The operator closes a report: with a refund, or (amount 0) without. Idempotent.

    Raises ProblemError `not_found`, `wrong_state`, `above_original`.
    """
    dispute = await ctx.disputes.of_call(call_id)
    if dispute is None:
        raise not_found("A report about this call")
    if dispute.state == "open" and amount_micros:
        await refund(ctx, operator, call_id, amount_micros, note=answer, key="dispute")
    decided = await ctx.disputes.decide(
        call_id, refund_micros=amount_micros, answer=answer, now_ms=ctx.clock()
    )
    if dispute.state == "open" and not amount_micros:
        await ctx.actions.add(
            operator,
            "dispute_rejected",
            call_id,
            amount_micros=0,
            note=answer,
            now_ms=ctx.clock(),
        )
    return decided
