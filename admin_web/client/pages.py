"""A client's wallet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.kernel.http.identity import CLIENT
from signaling.money.statements.statements import Statements
from signaling.money.wallet import Wallet


@dataclass(frozen=True, kw_only=True)
class ClientPages:
    """The page and what it asks; `takes_cards` where the site has Stripe's keys."""

    wallets: Wallet
    statements: Statements
    takes_cards: bool

    async def wallet(self, visit: Visit) -> dict[str, Any]:
        """Balance, voucher form, statement."""
        user = visit.user
        return {
            "cards": self.takes_cards,
            "card": visit.request.query.get("card", ""),
            "wallet": (await self.wallets.of(user)).as_json(),
            "next": visit.next,
            "statement": await statement_data(
                visit, lambda wanted: self.statements.of_person(user, wanted), "/api/statement.csv"
            ),
        }

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(Page("/wallet", "client/wallet.html", self.wallet, CLIENT),),
            nav=(Nav("/wallet", lambda: _("Wallet"), CLIENT),),
        )
