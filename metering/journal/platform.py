"""The platform's own accounts over time, read from the journal.

`platform` is what it earned less what it gave away; `external` is where money enters or leaves the
books.

They are one balance in each partition. The journal's archived part is in `{p}:base`, so balances
are exact from the archive's edge on; entries from before it are in the archive's files.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import Literal

from metering.errors import OutOfRangeError
from metering.journal.entries import entry_of
from metering.journal.statements import Entry
from metering.store.keys import key
from metering.store.partitions import Partitions

PlatformAccount = Literal["platform", "external"]
MAX_ENTRIES = 50_000  # read for one question: what is asked of a live store must end
_PAGE = 1000


@dataclass(frozen=True)
class AccountPeriod:
    """All lines of the period, newest first. `since_ms`: entries before it are archived, None when
    the journal is whole. `opening + the amounts = closing`."""

    opening_micros: int
    closing_micros: int
    entries: list[Entry]
    since_ms: int | None


class PlatformAccounts:
    """The platform's accounts over time."""

    def __init__(self, partitions: Partitions) -> None:
        self._partitions = partitions

    async def period(self, account: PlatformAccount, *, from_ms: int, to_ms: int) -> AccountPeriod:
        """The account's lines of [from_ms, to_ms), by the store's clock.

        Raises OutOfRangeError when there are more entries since `from_ms` than one answer may hold.
        """
        replies = await self._partitions.scripts.run_many(
            "journal/platform",
            [(partition, (account,)) for partition in range(self._partitions.count)],
        )
        balance, left, since_ms = 0, MAX_ENTRIES, None
        lines: list[list[Entry]] = []
        for partition, reply in enumerate(replies):
            if isinstance(reply, Exception):
                raise reply
            amount, last, first, archived = reply
            balance += amount
            if archived and first:
                since_ms = max(since_ms or 0, int(first.partition("-")[0]))
            if last:
                found, read = await self._lines((partition, account), from_ms, last, left)
                left -= read
                lines.append(found)
        merged = list(heapq.merge(*lines, key=lambda line: (-line.at_ms, line.id)))
        closing = balance - sum(line.amount_micros for line in merged if line.at_ms >= to_ms)
        inside = [line for line in merged if line.at_ms < to_ms]
        opening = closing - sum(line.amount_micros for line in inside)
        return AccountPeriod(opening, closing, inside, since_ms)

    async def _lines(
        self, place: tuple[int, str], from_ms: int, last: str, most: int
    ) -> tuple[list[Entry], int]:
        """A partition's lines of an account, newest first, and how many entries were read."""
        partition, account = place
        found: list[Entry] = []
        read, newest = 0, last
        while True:
            rows = await self._partitions.redis.execute_command(
                "XREVRANGE",
                key(partition, "journal"),
                newest,
                f"{max(0, from_ms)}-0",
                "COUNT",
                _PAGE,
            )
            read += len(rows)
            if read > most:
                raise OutOfRangeError(
                    "There are too many entries in this time; choose a later start."
                )
            for identity, fields in rows:
                amount = entry_of(identity, fields).legs.get(account, 0)
                if amount:
                    found.append(_entry(partition, identity.decode(), fields, amount))
            if len(rows) < _PAGE:
                return found, read
            newest = f"({rows[-1][0].decode()}"


def _entry(partition: int, identity: str, fields: dict[bytes, bytes], amount: int) -> Entry:
    about = fields.get(b"o", b"").decode()
    note = fields.get(b"m", b"").decode()
    return Entry(
        id=f"{partition:04x}/{identity}",
        at_ms=int(identity.partition("-")[0]),
        kind=fields[b"k"].decode(),
        amount_micros=amount,
        call=about if "-" in about else None,
        note=note,
        balance_micros=None,
    )
