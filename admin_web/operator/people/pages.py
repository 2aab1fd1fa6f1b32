"""Accounts, each with its money."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from signaling.kernel.http.identity import OPERATOR
from signaling.money.cards.stripe_cards import Cards
from signaling.money.statements.statements import Statements
from signaling.money.wallet import Wallet
from signaling.operator.people import FoundPeople
from signaling.people.accounts import Accounts
from signaling.people.views import user_view


@dataclass(frozen=True, kw_only=True)
class PeoplePages:
    """The pages and what they ask; `cards` where the site takes them."""

    found: FoundPeople
    accounts: Accounts
    wallets: Wallet
    statements: Statements
    cards: Cards | None

    async def users(self, visit: Visit) -> dict[str, Any]:
        """Accounts by name or email, with their money."""
        query = visit.asked("query")
        found = await self.found.search(query)
        return {"users": [user.as_json() for user in found], "query": query}

    async def one_user(self, visit: Visit) -> dict[str, Any]:
        """A person's money: balances, card payments, statement."""
        person = await self.accounts.person(visit.path["id"])
        is_client, is_provider = person.role == "client", person.role == "provider"
        wallets = self.wallets
        data: dict[str, Any] = {
            "person": user_view(person).as_json(),
            "wallet": (await wallets.of(person)).as_json() if is_client else None,
            "earnings": (await wallets.earnings_of(person)).as_json() if is_provider else None,
            "payments": await self.cards.payments(person.id) if self.cards and is_client else None,
            "statement": None,
        }
        if is_client or is_provider:
            data["statement"] = await statement_data(
                visit,
                lambda wanted: self.statements.of_person(person, wanted),
                f"/api/admin/users/{person.id}/statement.csv",
            )
        return data

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(
                Page("/admin/users", "operator/people/users.html", self.users, OPERATOR),
                Page("/admin/users/{id}", "operator/people/person.html", self.one_user, OPERATOR),
            ),
            nav=(Nav("/admin/users", lambda: _("Users"), OPERATOR),),
        )
