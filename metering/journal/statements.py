"""A statement of one period: what was there before, what changed, what was there after.

Balances are reckoned back from the present one, so they are exact however much of the past has been
archived: closing = now - all lines since, opening = closing - the lines of the period. A line is
written in the same step as its money moves, so the sum of lines and the balance never part.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import msgpack

from metering.store.keys import key
from metering.store.partitions import Partitions

MAX_LINES = 10_000

# A line that comes in between the two looks makes them differ; more than a few in a row do not.
_ATTEMPTS = 5


OwnerKind = Literal["client", "provider"]


@dataclass(frozen=True)
class Entry:
    """One line of a statement. `balance_micros` is the money after it, where the owner has one."""

    id: str
    at_ms: int
    kind: str
    amount_micros: int
    call: str | None
    note: str
    balance_micros: int | None


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


class Statements:
    """The statements of the books, of clients as of providers."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def lines(
        self,
        owner_id: str,
        kind: OwnerKind,
        limit: int = 50,
        *,
        from_ms: int = 0,
        to_ms: int | None = None,
        before: Entry | None = None,
    ) -> list[Entry]:
        """An owner's lines, newest first, of [from_ms, to_ms) where given; for the next page give
        the last line of this one as `before`.

        A client sees one line per call, not one per second. `kind` says which side of an account
        that is both client and provider is meant.
        """
        low = f"[{kind}:{owner_id}\0{from_ms:015d}".encode()
        high = f"({kind}:{owner_id}\0".encode()
        if before is not None:
            ms, _, seq = before.id.partition("-")
            high += b"%015d\0%015d%06d" % (before.at_ms, int(ms), int(seq))
        else:
            high += b"\xff" if to_ms is None else b"%015d" % to_ms
        members = await self._partitions.redis.execute_command(
            "ZREVRANGEBYLEX",
            key(self._partitions.of(owner_id), "stmt"),
            high,
            low,
            "LIMIT",
            0,
            max(0, min(limit, MAX_LINES)),
        )
        return [_entry_of(member) for member in members]

    async def period(
        self,
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
            worth = await self._worth(owner_id, kind)
            since = await self._sum(owner_id, kind, to_ms, None)
            inside = await self._sum(owner_id, kind, from_ms, to_ms)
            closing = worth - since
            if worth == await self._worth(owner_id, kind):
                break
        found = await self.lines(
            owner_id, kind, limit + 1, from_ms=from_ms, to_ms=to_ms, before=before
        )
        page = found[:limit]
        return Period(closing - inside, closing, page, page[-1] if len(found) > limit else None)

    async def all_lines(
        self, owner_id: str, kind: OwnerKind, *, from_ms: int, to_ms: int | None
    ) -> list[Entry]:
        """All lines of [from_ms, to_ms), newest first, read in bounded pages."""
        lines: list[Entry] = []
        before: Entry | None = None
        while True:
            page = await self.lines(
                owner_id, kind, MAX_LINES, from_ms=from_ms, to_ms=to_ms, before=before
            )
            lines += page
            if len(page) < MAX_LINES:
                return lines
            before = page[-1]

    async def _sum(self, owner_id: str, kind: OwnerKind, from_ms: int, to_ms: int | None) -> int:
        lines = await self.all_lines(owner_id, kind, from_ms=from_ms, to_ms=to_ms)
        return sum(line.amount_micros for line in lines)

    async def _worth(self, owner_id: str, kind: OwnerKind) -> int:
        """What all of an owner's lines add up to now."""
        place = self._partitions.of(owner_id)
        worth: int = await self._partitions.scripts.run("journal/worth", place, kind, owner_id)
        return worth


def _entry_of(member: bytes) -> Entry:
    # The line comes after three NUL-terminated parts: owner, time, place in the journal.
    line: dict[str, Any] = msgpack.unpackb(member.split(b"\0", 3)[3])
    return Entry(
        id=line["id"],
        at_ms=line["at"],
        kind=line["kind"],
        amount_micros=line["amount"],
        call=line.get("call"),
        note=line.get("note", ""),
        balance_micros=line.get("balance"),
    )
