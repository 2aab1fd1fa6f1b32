"""The operator finds people, with their money."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from metering.books import Books
from signaling.kernel.http.identity import OPERATOR, User
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.room import Room
from signaling.people.accounts import Accounts
from signaling.people.views import UserView, user_view


class UserWithBalance(UserView):
    balance_micros: int | None  # what a client can spend, what a provider has earned


class UsersAnswer(View):
    users: list[UserWithBalance]


@dataclass(frozen=True)
class FoundPeople:
    """The handlers."""

    accounts: Accounts
    books: Books

    async def search(self, query: str = "") -> list[UserWithBalance]:
        """Accounts that fit a search, newest first, with their money."""
        found = await self.accounts.search(query)
        balances = await asyncio.gather(*(self._balance(user) for user in found))
        return [
            UserWithBalance(**user_view(user).model_dump(), balance_micros=balance)
            for user, balance in zip(found, balances, strict=True)
        ]

    async def users(self, request: ApiRequest) -> UsersAnswer:
        return UsersAnswer(users=await self.search(request.query["query"][:200]))

    async def _balance(self, user: User) -> int | None:
        if user.role == "client":
            return (await self.books.wallets.of(user.id)).available_micros
        if user.role == "provider":
            return (await self.books.earnings.of(user.id)).earned_micros
        return None

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/admin/users",
                    self.users,
                    "Find people",
                    UsersAnswer,
                    roles=OPERATOR,
                    query={"query": "part of a name or an email"},
                ),
            )
        )
