"""After a call: its client reports a problem, the operator refunds a part or rejects.

While a report is open the provider's share stays pending. The order of the steps makes a crash in
between harmless: a report holds the share first and is then written down (a hold without a report
is freed by `signaling.holding`); a decision gives money back, frees the share, and is then written
down, so that what was cut short is still open and can be decided again.
"""

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
    return receipt.ended_at_ms + ctx.books.earnings.dispute_window_s * 1000


async def report(ctx: Context, client: User, call_id: str, reason: str) -> Dispute:
    """The client of a paid call says what was wrong, once, within the dispute window.

    The provider's share is held from now on. Raises ProblemError `not_found`, `wrong_state`,
    `too_late`.
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
    if await ctx.disputes.of_call(call_id) is None:  # a decided report must not hold it again
        await ctx.books.holds.place(call_id, call.provider_id, now_ms=now_ms)
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
    before = await ctx.books.calls.receipt(call_id)
    try:
        after = await ctx.books.refunds.give(
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

    The amount is what the report comes to in all: what an interrupted decision has given back
    already counts. Raises ProblemError `not_found`, `wrong_state` (decided otherwise, being decided
    now, or more than this was given back), `above_original`.
    """
    async with ctx.disputes.deciding(call_id):
        dispute = await ctx.disputes.of_call(call_id)
        if dispute is None:
            raise not_found("A report about this call")
        if dispute.state == "open":
            await _give_back(ctx, operator, call_id, amount_micros, answer)
            call = await ctx.calls.get(call_id)
            await ctx.books.holds.free(call_id, call.provider_id, now_ms=ctx.clock())
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


async def _give_back(
    ctx: Context, operator: User, call_id: str, amount_micros: int, answer: str
) -> None:
    """Refunds what is missing to this amount. Each part is named by the sum before it, so that a
    repeated part is no second one, and a decision cut short is no dead end for another."""
    given = 0
    while part := await ctx.books.refunds.under(call_id, f"dispute:{given}"):
        given += part
    if amount_micros < given:
        sentence = (
            f"{format_amount(given)} {ctx.settings.currency} was given back for this report "
            "already, by a decision that was cut short. Close it with that amount, or more."
        )
        raise ProblemError("wrong_state", sentence, fields={"amount": sentence})
    if amount_micros > given:
        missing = amount_micros - given
        await refund(ctx, operator, call_id, missing, note=answer, key=f"dispute:{given}")
    else:
        # What was given back is the provider's too, before it is free.
        await ctx.books.shares.deliver(call_id)
