"""After a call: its client reports a problem, the operator decides.

While a report is open the provider's share stays pending. The order of the steps makes a crash in
between harmless: a report holds the share first and is then written down (a hold without a report
is freed by `holds`); a decision gives money back, frees the share, and is then written
down, so that what was cut short is still open and can be decided again.
"""

from __future__ import annotations

from metering.books import Books
from metering.errors import AboveOriginalError
from metering.money import format_amount
from signaling.calls.receipts import unpack_receipt
from signaling.calls.record import Call
from signaling.calls.work import Calls
from signaling.history.disputes.store import Dispute, Disputes
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, not_found
from signaling.people.audit_log import AuditLog


class Decisions:
    """Reports, refunds, decisions."""

    def __init__(
        self,
        *,
        calls: Calls,
        books: Books,
        disputes: Disputes,
        audit_log: AuditLog,
        currency: str,
        clock: Clock,
    ) -> None:
        self._calls = calls
        self._books = books
        self._disputes = disputes
        self._audit_log = audit_log
        self._currency = currency
        self._clock = clock

    def report_until_ms(self, call: Call) -> int | None:
        """Until when the client may report a problem; None for a call that cost nothing."""
        if call.receipt is None:
            return None
        receipt = unpack_receipt(call.receipt)
        if not receipt.charged_micros:
            return None
        return receipt.ended_at_ms + self._books.earnings.dispute_window_s * 1000

    async def report(self, client: User, call_id: str, reason: str) -> Dispute:
        """The client of a paid call says what was wrong, once, within the dispute window.

        The provider's share is held from now on. Raises ProblemError `not_found`, `wrong_state`,
        `too_late`.
        """
        call = await self._calls.get(call_id)
        if call.client_id != client.id:
            raise not_found("This call")
        if not call.over or call.receipt is None:
            raise ProblemError("wrong_state", "This call has no receipt yet.")
        until_ms = self.report_until_ms(call)
        if until_ms is None:
            raise ProblemError("wrong_state", "Nothing was charged for this call.")
        now_ms = self._clock()
        if now_ms >= until_ms:
            raise ProblemError("too_late", "The time to report a problem with this call is over.")
        if await self._disputes.of_call(call_id) is None:  # a decided report must not hold it again
            await self._books.holds.place(call_id, call.provider_id, now_ms=now_ms)
        return await self._disputes.open(call_id, reason, now_ms)

    async def refund(
        self, operator: User, call_id: str, amount_micros: int, *, note: str, key: str
    ) -> None:
        """Gives a part of a call's charge back to its client, once per `key`.

        Raises ProblemError `not_found`, `wrong_state`, `above_original` (with what is left).
        """
        call = await self._calls.get(call_id)
        if not call.over or call.receipt is None:
            raise ProblemError("wrong_state", "Only a call with a receipt can be refunded.")
        before = await self._books.calls.receipt(call_id)
        try:
            after = await self._books.refunds.give(
                call_id, amount_micros, key=key, note=note, now_ms=self._clock()
            )
        except AboveOriginalError as error:
            left = f"{format_amount(int(error.facts['left']))} {self._currency}"
            sentence = (
                f"{left} is left of what this call cost; no more than that can be given back."
            )
            raise ProblemError(error.code, sentence, fields={"amount": sentence}) from error
        if before is None or before.refunded_micros != after.refunded_micros:
            await self._audit_log.add(
                operator,
                "call_refunded",
                call_id,
                amount_micros=amount_micros,
                note=note,
                now_ms=self._clock(),
            )

    async def decide(
        self, operator: User, call_id: str, amount_micros: int, answer: str
    ) -> Dispute:
        """The operator closes a report: with a refund, or (amount 0) without. Idempotent.

        The amount is what the report comes to in all: what an interrupted decision has given back
        already counts. Raises ProblemError `not_found`, `wrong_state` (decided otherwise, being
        decided now, or more than this was given back), `above_original`.
        """
        async with self._disputes.deciding(call_id):
            dispute = await self._disputes.of_call(call_id)
            if dispute is None:
                raise not_found("A report about this call")
            if dispute.state == "open":
                await self._give_back(operator, call_id, amount_micros, answer)
                call = await self._calls.get(call_id)
                await self._books.holds.free(call_id, call.provider_id, now_ms=self._clock())
            decided = await self._disputes.decide(
                call_id, refund_micros=amount_micros, answer=answer, now_ms=self._clock()
            )
        if dispute.state == "open" and not amount_micros:
            await self._audit_log.add(
                operator,
                "dispute_rejected",
                call_id,
                amount_micros=0,
                note=answer,
                now_ms=self._clock(),
            )
        return decided

    async def _give_back(
        self, operator: User, call_id: str, amount_micros: int, answer: str
    ) -> None:
        """Refunds what is missing to this amount.

        Each part is named by the sum before it, so that a repeated part is no second one, and a
        decision cut short is no dead end for another.
        """
        given = 0
        while part := await self._books.refunds.under(call_id, f"dispute:{given}"):
            given += part
        if amount_micros < given:
            sentence = (
                f"{format_amount(given)} {self._currency} was given back for this report "
                "already, by a decision that was cut short. Close it with that amount, or more."
            )
            raise ProblemError("wrong_state", sentence, fields={"amount": sentence})
        if amount_micros > given:
            missing = amount_micros - given
            await self.refund(operator, call_id, missing, note=answer, key=f"dispute:{given}")
        else:
            # What was given back is the provider's too, before it is free.
            await self._books.shares.deliver(call_id)
