"""People's own calls, everybody's for the operator."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from metering.books import Books
from signaling.calls.record import Call
from signaling.calls.store import CallStore
from signaling.calls.views import CallView, call_view, viewer_of
from signaling.calls.work import Calls
from signaling.history.disputes.decisions import Decisions
from signaling.history.disputes.store import Disputes
from signaling.history.views import PastCall, past_call, with_aftermath
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.relays.ticks import TickBoard

CALLS_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class History:
    """What people can look up of calls."""

    calls: Calls
    store: CallStore
    ticks: TickBoard
    books: Books
    disputes: Disputes
    decisions: Decisions
    clock: Clock

    async def call(self, user: User, call_id: str) -> PastCall:
        """One call, as this person may see it, with its refunds and reported problem.

        Raises ProblemError `not_found`.
        """
        found = await self.calls.get(call_id)
        [view] = await self._shown([found], user)
        if view.receipt is None or view.side != "client":
            return view
        until_ms = None if view.dispute else self.decisions.report_until_ms(found)
        in_time = until_ms is not None and self.clock() < until_ms
        return view.model_copy(update={"report_until_ms": until_ms if in_time else None})

    async def of(self, user: User, before_ms: int | None = None) -> list[PastCall]:
        """A person's calls, newest first, fifty that started before a time."""
        return await self._shown(await self.store.history(user.id, before_ms, CALLS_PAGE), user)

    async def all(self, operator: User, before_ms: int | None = None) -> list[PastCall]:
        """Everybody's calls, for the operator."""
        return await self._shown(await self.store.history(None, before_ms, CALLS_PAGE), operator)

    async def _shown(self, calls: list[Call], user: User) -> list[PastCall]:
        views = [call_view(c, viewer_of(c, user), self.ticks.meter(c.id)) for c in calls]
        return await self._with_aftermath(views)

    async def _with_aftermath(self, views: list[CallView]) -> list[PastCall]:
        """The calls with their refunds and reported problems. What the books have archived, after
        more than a year, is not looked up."""
        settled = [view.id for view in views if view.receipt]
        refunded, disputes = await asyncio.gather(
            self.books.refunds.of_calls(settled), self.disputes.of_calls(settled)
        )
        return [
            with_aftermath(view, refunded.get(view.id, 0), disputes.get(view.id))
            if view.receipt
            else past_call(view)
            for view in views
        ]
