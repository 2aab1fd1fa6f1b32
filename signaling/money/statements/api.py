"""Statements over REST, as JSON pages or as CSV."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web

from signaling.kernel.http.identity import OPERATOR, Role
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.room import Room
from signaling.money.statements.period import QUERY, period_of
from signaling.money.statements.statements import Statements
from signaling.money.statements.views import StatementView
from signaling.people.accounts import Accounts

EARNS_OR_SPENDS: frozenset[Role] = frozenset({"client", "provider"})
_CSV_QUERY = {name: about for name, about in QUERY.items() if name != "after"}


@dataclass(frozen=True)
class StatementsApi:
    """The handlers."""

    statements: Statements
    accounts: Accounts

    async def statement(self, request: ApiRequest) -> StatementView:
        return await self.statements.of_person(request.user, period_of(request.query))

    async def statement_csv(self, request: ApiRequest) -> web.Response:
        text = await self.statements.csv_of_person(request.user, period_of(request.query))
        return _csv(text, "tipmeet-statement")

    async def statement_of_user(self, request: ApiRequest) -> StatementView:
        user = await self.accounts.person(request.path["id"])
        return await self.statements.of_person(user, period_of(request.query))

    async def statement_of_user_csv(self, request: ApiRequest) -> web.Response:
        user = await self.accounts.person(request.path["id"])
        text = await self.statements.csv_of_person(user, period_of(request.query))
        return _csv(text, f"tipmeet-statement-{user.id}")

    async def statement_of_account(self, request: ApiRequest) -> StatementView:
        wanted = period_of(request.query)
        return await self.statements.of_account(request.path["account"], wanted)

    async def statement_of_account_csv(self, request: ApiRequest) -> web.Response:
        account, wanted = request.path["account"], period_of(request.query)
        text = await self.statements.csv_of_account(account, wanted)
        return _csv(text, f"tipmeet-{account}")

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/statement",
                    self.statement,
                    "Own statement of a period",
                    StatementView,
                    roles=EARNS_OR_SPENDS,
                    query=QUERY,
                ),
                Route(
                    "GET",
                    "/statement.csv",
                    self.statement_csv,
                    "The same, whole, as CSV",
                    roles=EARNS_OR_SPENDS,
                    query=_CSV_QUERY,
                ),
                Route(
                    "GET",
                    "/admin/users/{id}/statement",
                    self.statement_of_user,
                    "Anybody's statement of a period",
                    StatementView,
                    roles=OPERATOR,
                    query=QUERY,
                ),
                Route(
                    "GET",
                    "/admin/users/{id}/statement.csv",
                    self.statement_of_user_csv,
                    "The same, whole, as CSV",
                    roles=OPERATOR,
                    query=_CSV_QUERY,
                ),
                Route(
                    "GET",
                    "/admin/accounts/{account}/statement",
                    self.statement_of_account,
                    "The platform's own account: platform or external",
                    StatementView,
                    roles=OPERATOR,
                    query=QUERY,
                ),
                Route(
                    "GET",
                    "/admin/accounts/{account}/statement.csv",
                    self.statement_of_account_csv,
                    "The same, whole, as CSV",
                    roles=OPERATOR,
                    query=_CSV_QUERY,
                ),
            )
        )


def _csv(text: str, name: str) -> web.Response:
    # With a byte order mark, by which spreadsheets know UTF-8.
    return web.Response(
        body=b"\xef\xbb\xbf" + text.encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )
