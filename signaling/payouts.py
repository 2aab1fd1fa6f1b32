"""Payouts: a provider asks for available earnings, the operator pays or rejects."""

from __future__ import annotations

import asyncio
from typing import Literal, get_args

from metering.errors import InsufficientFundsError
from metering.money import format_amount
from metering.types import Payout, PayoutState
from signaling.accounts import User
from signaling.context import Context
from signaling.errors import ProblemError, invalid
from signaling.views import Named, PayoutView

LIST_MAX = 500
STATES: tuple[str, ...] = get_args(PayoutState)
Verdict = Literal["paid", "rejected"]
ACTIONS = frozenset({"payout_paid", "payout_rejected"})


async def request(ctx: Context, provider: User, amount_micros: int, note: str, key: str) -> Payout:
    """Sets available earnings aside, once per `key`.

    Raises ProblemError `insufficient_funds` with what can be asked for, MeteringError.
    """
    try:
        return await ctx.books.payouts.request(
            provider.id, amount_micros, key=f"api:{key}", note=note, now_ms=ctx.clock()
        )
    except InsufficientFundsError as error:
        most = f"{format_amount(int(error.facts['available']))} {ctx.settings.currency}"
        sentence = f"You can ask for {most} at most: that much is available now."
        raise ProblemError(error.code, sentence, fields={"amount": sentence}) from error


async def settle(
    ctx: Context, operator: User, payout_id: str, verdict: Verdict, note: str
) -> Payout:
    """The operator paid it (`note`: the reference) or rejects it (`note`: why). Idempotent.

    Raises MeteringError `unknown_payout`, `wrong_state`.
    """
    before = await ctx.books.payouts.get(payout_id)
    after = await ctx.books.payouts.settle(payout_id, verdict, note=note, now_ms=ctx.clock())
    if before.state == "requested":
        await ctx.actions.add(
            operator,
            f"payout_{verdict}",
            payout_id,
            amount_micros=after.amount_micros,
            note=note,
            now_ms=ctx.clock(),
        )
    return after


async def own(ctx: Context, provider: User) -> list[PayoutView]:
    """A provider's payouts, newest first."""
    return [view(payout) for payout in (await ctx.books.payouts.all(provider.id))[:LIST_MAX]]


async def everybodys(ctx: Context, state: str = "") -> list[PayoutView]:
    """All payouts in a state ("" for all): the longest waiting first, then the newest.

    Raises ProblemError `invalid` for a state there is none of.
    """
    if state and state not in STATES:
        raise invalid("state", f"This must be one of {', '.join(STATES)}.")
    found = [each for each in await ctx.books.payouts.all() if state in ("", each.state)]
    waiting = [each for each in reversed(found) if each.state == "requested"]
    done = [each for each in found if each.state != "requested"]
    return await with_providers(ctx, [*waiting, *done][:LIST_MAX])


async def with_providers(ctx: Context, payouts: list[Payout]) -> list[PayoutView]:
    """Payouts with their providers' names, for the operator."""
    ids = sorted({payout.provider_id for payout in payouts})
    people = dict(
        zip(ids, await asyncio.gather(*(ctx.accounts.get(each) for each in ids)), strict=True)
    )
    return [view(payout, people[payout.provider_id]) for payout in payouts]


def view(payout: Payout, provider: User | None = None) -> PayoutView:
    """A payout; to the operator with whose it is."""
    own = {"provider": Named(id=provider.id, name=provider.name)} if provider else {}
    return PayoutView(
        id=payout.id,
        amount_micros=payout.amount_micros,
        state=payout.state,
        requested_at_ms=payout.requested_at_ms,
        note=payout.note,
        settled_at_ms=payout.settled_at_ms,
        answer=payout.answer,
        **own,
    )
