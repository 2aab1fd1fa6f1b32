"""Payouts, reports, vouchers, the books."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.history.reports import Reports
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import OPERATOR
from signaling.money.payouts.payouts import ACTIONS, STATES, Payouts
from signaling.money.statements.statements import ACCOUNTS, Statements
from signaling.money.vouchers import Vouchers
from signaling.operator.books import BooksCheck
from signaling.people.audit_log import AuditLog
from signaling.people.views import action_view

_TRAIL = 50  # settled payouts named on the page


@dataclass(frozen=True, kw_only=True)
class MoneyPages:
    """The pages and what they ask."""

    payouts: Payouts
    reports: Reports
    statements: Statements
    vouchers: Vouchers
    books_check: BooksCheck
    audit_log: AuditLog
    clock: Clock

    async def all_payouts(self, visit: Visit) -> dict[str, Any]:
        """Requests of providers, and who settled which."""
        state = visit.asked("state")
        state = state if state in STATES else ""
        actions = await self.audit_log.newest(whats=ACTIONS, limit=_TRAIL)
        return {
            "state": state,
            "payouts": [payout.as_json() for payout in await self.payouts.everybodys(state)],
            "actions": [action_view(action).as_json() for action in actions],
        }

    async def disputes(self, visit: Visit) -> dict[str, Any]:
        """Problems that clients reported."""
        decided = visit.asked("state") == "decided"
        found = await self.reports.listed(decided=decided)
        return {"decided": decided, "disputes": [each.as_json() for each in found]}

    async def account(self, visit: Visit) -> dict[str, Any]:
        """A statement of the platform's own account."""
        name = visit.path["account"]
        if name not in ACCOUNTS:
            raise web.HTTPNotFound
        statement = await statement_data(
            visit,
            lambda wanted: self.statements.of_account(name, wanted),
            f"/api/admin/accounts/{name}/statement.csv",
        )
        return {"account": name, "statement": statement}

    async def batches(self, _visit: Visit) -> dict[str, Any]:
        """Make a batch of vouchers; see what became of earlier ones."""
        return {
            "vouchers": [voucher.as_json() for voucher in await self.vouchers.all()],
            "today": datetime.fromtimestamp(self.clock() / 1000, UTC).date().isoformat(),
        }

    async def audit(self, _visit: Visit) -> dict[str, Any]:
        """Checks the books now and shows what was found."""
        return {"audit": (await self.books_check.check()).as_json(), "now_ms": self.clock()}

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(
                Page("/admin/payouts", "operator/money/payouts.html", self.all_payouts, OPERATOR),
                Page("/admin/disputes", "operator/money/reports.html", self.disputes, OPERATOR),
                Page(
                    "/admin/accounts/{account}",
                    "operator/money/account.html",
                    self.account,
                    OPERATOR,
                ),
                Page("/admin/vouchers", "operator/money/vouchers.html", self.batches, OPERATOR),
                Page("/admin/audit", "operator/money/audit.html", self.audit, OPERATOR),
            ),
            nav=(
                Nav("/admin/payouts", lambda: _("Payouts"), OPERATOR),
                Nav("/admin/disputes", lambda: _("Reports"), OPERATOR),
                Nav("/admin/vouchers", lambda: _("Vouchers"), OPERATOR),
                Nav("/admin/audit", lambda: _("Audit"), OPERATOR),
            ),
        )
