"""REST: statements of any period, as JSON pages and as CSV."""

from __future__ import annotations

from aiohttp import web

from signaling import directory, statements
from signaling.accounts import Role
from signaling.routing import OPERATOR, ApiRequest, Route
from signaling.views import StatementView

EARNS_OR_SPENDS: frozenset[Role] = frozenset({"client", "provider"})
_CSV_QUERY = {name: about for name, about in statements.QUERY.items() if name != "after"}


async def statement(request: ApiRequest) -> StatementView:
    return await statements.of_person(request.ctx, request.user, statements.asked(request.query))


async def statement_csv(request: ApiRequest) -> web.Response:
    wanted = statements.asked(request.query)
    text = await statements.csv_of_person(request.ctx, request.user, wanted)
    return _csv(text, "tipmeet-statement")


async def statement_of_user(request: ApiRequest) -> StatementView:
    user = await directory.person(request.ctx, request.path["id"])
    return await statements.of_person(request.ctx, user, statements.asked(request.query))


async def statement_of_user_csv(request: ApiRequest) -> web.Response:
    user = await directory.person(request.ctx, request.path["id"])
    wanted = statements.asked(request.query)
    text = await statements.csv_of_person(request.ctx, user, wanted)
    return _csv(text, f"tipmeet-statement-{user.id}")


async def statement_of_account(request: ApiRequest) -> StatementView:
    wanted = statements.asked(request.query)
    return await statements.of_account(request.ctx, request.path["account"], wanted)


async def statement_of_account_csv(request: ApiRequest) -> web.Response:
    account, wanted = request.path["account"], statements.asked(request.query)
    text = await statements.csv_of_account(request.ctx, account, wanted)
    return _csv(text, f"tipmeet-{account}")


def _csv(text: str, name: str) -> web.Response:
    # With a byte order mark, by which spreadsheets know UTF-8.
    return web.Response(
        body=b"\xef\xbb\xbf" + text.encode(),
        content_type="text/csv",
        charset="utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}.csv"'},
    )


ROUTES: tuple[Route, ...] = (
    Route(
        "GET",
        "/statement",
        statement,
        "Own statement of a period",
        StatementView,
        roles=EARNS_OR_SPENDS,
        query=statements.QUERY,
    ),
    Route(
        "GET",
        "/statement.csv",
        statement_csv,
        "The same, whole, as CSV",
        roles=EARNS_OR_SPENDS,
        query=_CSV_QUERY,
    ),
    Route(
        "GET",
        "/admin/users/{id}/statement",
        statement_of_user,
        "Anybody's statement of a period",
        StatementView,
        roles=OPERATOR,
        query=statements.QUERY,
    ),
    Route(
        "GET",
        "/admin/users/{id}/statement.csv",
        statement_of_user_csv,
        "The same, whole, as CSV",
        roles=OPERATOR,
        query=_CSV_QUERY,
    ),
    Route(
        "GET",
        "/admin/accounts/{account}/statement",
        statement_of_account,
        "The platform's own account: platform or external",
        StatementView,
        roles=OPERATOR,
        query=statements.QUERY,
    ),
    Route(
        "GET",
        "/admin/accounts/{account}/statement.csv",
        statement_of_account_csv,
        "The same, whole, as CSV",
        roles=OPERATOR,
        query=_CSV_QUERY,
    ),
)
