"""Payouts with their sentences, for whoever asks."""

from __future__ import annotations

import asyncio
from typing import Literal, get_args

from metering.books import Books
from metering.earnings.payouts import Payout, PayoutState
from metering.errors import InsufficientFundsError
from metering.money import coin_micros, format_amount
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, invalid
from signaling.money.payouts.views import PayoutView, payout_view
from signaling.people.accounts import Accounts
from signaling.people.audit_log import AuditLog

LIST_MAX = 500
STATES: tuple[str, ...] = get_args(PayoutState)
Verdict = Literal["paid", "rejected"]
ACTIONS = frozenset({"payout_paid", "payout_rejected"})


class Payouts:
    """What providers ask for and the operator settles."""

    def __init__(
        self, books: Books, accounts: Accounts, audit_log: AuditLog, currency: str, clock: Clock
    ) -> None:
        self._books = books
        self._accounts = accounts
        self._audit_log = audit_log
        self._currency = currency
        self._clock = clock

    async def request(self, provider: User, amount_micros: int, note: str, key: str) -> Payout:
        """Sets available earnings aside, once per `key`.

        Raises ProblemError `invalid` for a part of a coin, which no bank can send,
        `insufficient_funds` with what can be asked for; MeteringError.
        """
        coin = coin_micros(self._currency)
        if amount_micros % coin:
            smallest = f"{format_amount(coin)} {self._currency}"
            raise invalid("amount", f"Banks send whole coins: the smallest is {smallest}.")
        try:
            return await self._books.payouts.request(
                provider.id, amount_micros, key=f"api:{key}", note=note, now_ms=self._clock()
            )
        except InsufficientFundsError as error:
            available = int(error.facts["available"])
            most = f"{format_amount(available - available % coin)} {self._currency}"
            sentence = f"You can ask for {most} at most: that much is available now."
            raise ProblemError(error.code, sentence, fields={"amount": sentence}) from error

    async def settle(self, operator: User, payout_id: str, verdict: Verdict, note: str) -> Payout:
        """The operator paid it (`note`: the reference) or rejects it (`note`: why). Idempotent.

        Raises MeteringError `unknown_payout`, `wrong_state`.
        """
        before = await self._books.payouts.get(payout_id)
        after = await self._books.payouts.settle(
            payout_id, verdict, note=note, now_ms=self._clock()
        )
        if before.state == "requested":
            await self._audit_log.add(
                operator,
                f"payout_{verdict}",
                payout_id,
                amount_micros=after.amount_micros,
                note=note,
                now_ms=self._clock(),
            )
        return after

    async def own(self, provider: User) -> list[PayoutView]:
        """A provider's payouts, newest first."""
        return [
            payout_view(payout)
            for payout in (await self._books.payouts.all(provider.id))[:LIST_MAX]
        ]

    async def everybodys(self, state: str = "") -> list[PayoutView]:
        """All payouts in a state ("" for all): the longest waiting first, then the newest.

        Raises ProblemError `invalid` for a state there is none of.
        """
        if state and state not in STATES:
            raise invalid("state", f"This must be one of {', '.join(STATES)}.")
        found = [each for each in await self._books.payouts.all() if state in ("", each.state)]
        waiting = [each for each in reversed(found) if each.state == "requested"]
        done = [each for each in found if each.state != "requested"]
        return await self.with_providers([*waiting, *done][:LIST_MAX])

    async def with_providers(self, payouts: list[Payout]) -> list[PayoutView]:
        """Payouts with their providers' names, for the operator."""
        ids = sorted({payout.provider_id for payout in payouts})
        people = dict(
            zip(ids, await asyncio.gather(*(self._accounts.get(each) for each in ids)), strict=True)
        )
        return [payout_view(payout, people[payout.provider_id]) for payout in payouts]
