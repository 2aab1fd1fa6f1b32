"""A statement of one period: what was there before, what came and went, what was there after.

Balances are reckoned back from the present one, so they are exact however much of the past has been
archived: closing = now - all lines since, opening = closing - the lines of the period. A line is
written in the same step as its money moves, so the sum of lines and the balance never part.
"""

from __future__ import annotations

from dataclasses import dataclass

from metering.types import Entry, OwnerKind
from metering.wallets import MAX_STATEMENT, WalletBook

# A line that comes in between the two looks makes them differ; more than a few in a row do not.
_ATTEMPTS = 5


@dataclass(frozen=True)
class Period:
    """One page of a period's lines, newest first. `next` continues it, None on the last page.

    `opening + the amounts of all pages = closing`. A client's balance is cash, promotional credit
    and what is reserved; a provider's is pending and available earnings.
    """

    opening_micros: int
    closing_micros: int
    entries: list[Entry]
    next: Entry | None


async def statement_of_period(
    books: WalletBook,
    owner_id: str,
    kind: OwnerKind,
    *,
    from_ms: int,
    to_ms: int,
    limit: int,
    before: Entry | None = None,
) -> Period:
    """The lines of [from_ms, to_ms), `limit` a page; `before` is the last page's `next`.

    Raises UnknownAccountError for an id nobody can have.
    """
    closing = inside = 0
    for _ in range(_ATTEMPTS):
        worth = await books.scripts.run("worth", books.partition(owner_id), kind, owner_id)
        since = await _sum(books, owner_id, kind, to_ms, None)
        inside = await _sum(books, owner_id, kind, from_ms, to_ms)
        closing = worth - since
        if worth == await books.scripts.run("worth", books.partition(owner_id), kind, owner_id):
            break
    found = await books.statement(
        owner_id, kind, limit + 1, from_ms=from_ms, to_ms=to_ms, before=before
    )
    page = found[:limit]
    return Period(closing - inside, closing, page, page[-1] if len(found) > limit else None)


async def lines_of_period(
    books: WalletBook, owner_id: str, kind: OwnerKind, *, from_ms: int, to_ms: int | None
) -> list[Entry]:
    """All lines of [from_ms, to_ms), newest first, read in bounded pages."""
    lines: list[Entry] = []
    before: Entry | None = None
    while True:
        page = await books.statement(
            owner_id, kind, MAX_STATEMENT, from_ms=from_ms, to_ms=to_ms, before=before
        )
        lines += page
        if len(page) < MAX_STATEMENT:
            return lines
        before = page[-1]


async def _sum(
    books: WalletBook, owner_id: str, kind: OwnerKind, from_ms: int, to_ms: int | None
) -> int:
    lines = await lines_of_period(books, owner_id, kind, from_ms=from_ms, to_ms=to_ms)
    return sum(line.amount_micros for line in lines)
