"""Calls with their receipts, for whoever had a part in them; the operator sees all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame import formats, words
from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.arithmetic import receipt_lines
from signaling.history.calls import CALLS_PAGE, History
from signaling.history.views import PastCall
from signaling.kernel.http.identity import OPERATOR, PARTY, SIGNED_IN
from signaling.people.audit_log import AuditLog
from signaling.people.views import action_view


@dataclass(frozen=True, kw_only=True)
class HistoryPages:
    """The pages and what they ask."""

    history: History
    audit_log: AuditLog
    currency: str

    async def calls(self, visit: Visit) -> dict[str, Any]:
        """The person's own calls, fifty a page."""
        return _listed(await self.history.of(visit.user, visit.before_ms))

    async def all_calls(self, visit: Visit) -> dict[str, Any]:
        """Everybody's calls."""
        return _listed(await self.history.all(visit.user, visit.before_ms))

    async def receipt(self, visit: Visit) -> dict[str, Any]:
        """A call's receipt with the arithmetic behind it, or its state while there is none."""
        user = visit.user
        call = (await self.history.call(user, visit.path["id"])).as_json()
        receipt = call["receipt"]
        lines = []
        if receipt:
            lines = receipt_lines(
                receipt,
                call["tariff"],
                side=call["side"],
                money=lambda micros: formats.exact(micros, self.currency),
            )
        actions = await self.audit_log.newest(about=call["id"]) if user.role == "operator" else []
        return {
            # Each copy leaves out what is not its reader's.
            "call": {"dispute": None, "report_until_ms": None, **call},
            "actions": [action_view(action).as_json() for action in actions],
            "left_micros": receipt["charged_micros"] - receipt["refunded_micros"] if receipt else 0,
            "arithmetic": lines,
            "free_rule": words.free_rule(call["tariff"]),
            "increments_rule": words.increments_rule(call["tariff"]),
        }

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(
                Page("/calls", "history/calls.html", self.calls, PARTY),
                Page("/calls/{id}", "history/receipt.html", self.receipt, SIGNED_IN),
                Page("/admin/calls", "history/calls.html", self.all_calls, OPERATOR),
            ),
            nav=(
                Nav("/calls", lambda: _("Calls"), PARTY),
                Nav("/admin/calls", lambda: _("Calls"), OPERATOR),
            ),
        )


def _listed(found: list[PastCall]) -> dict[str, Any]:
    """For calls.html; `older` is where the next page starts."""
    calls = [{"dispute": None, **call.as_json()} for call in found]
    full = len(calls) >= CALLS_PAGE
    return {"calls": calls, "older": calls[-1]["created_at_ms"] if full else None}
