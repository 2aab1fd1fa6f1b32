"""A person's statement, or one of the platform's own accounts."""

from __future__ import annotations

import re
from typing import cast, get_args

from metering.books import Books
from metering.errors import OutOfRangeError
from metering.journal.csv import statement_csv
from metering.journal.platform import PlatformAccount
from metering.journal.statements import Entry, OwnerKind
from signaling.kernel.http.identity import User
from signaling.kernel.problems import ProblemError, invalid, not_found
from signaling.money.statements.period import PeriodQuery
from signaling.money.statements.views import StatementView
from signaling.money.views import entry_view

PAGE = 100
ACCOUNTS: tuple[str, ...] = get_args(PlatformAccount)
_CURSOR = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})-([0-9]{1,6})")
_PLACE = re.compile(r"[0-9a-f]{4}/[0-9]{1,15}-[0-9]{1,15}")


class Statements:
    """Reads statements from the books."""

    def __init__(self, books: Books, currency: str) -> None:
        self._books = books
        self._currency = currency

    async def of_person(self, user: User, wanted: PeriodQuery) -> StatementView:
        """One page of a client's or provider's statement. Raises ProblemError."""
        kind = _kind(user)
        found = await self._books.statements.period(
            user.id,
            kind,
            from_ms=wanted.from_ms,
            to_ms=wanted.to_ms,
            limit=PAGE,
            before=_entry_at(wanted.after) if wanted.after else None,
        )
        return StatementView(
            currency=self._currency,
            from_ms=wanted.from_ms or None,
            to_ms=None if wanted.open_end else wanted.to_ms,
            opening_micros=found.opening_micros,
            closing_micros=found.closing_micros,
            entries=[entry_view(entry) for entry in found.entries],
            next=f"{found.next.at_ms}.{found.next.id}" if found.next else None,
            since_ms=None,
        )

    async def of_account(self, account: str, wanted: PeriodQuery) -> StatementView:
        """One page of the platform's own account. Raises ProblemError."""
        if account not in ACCOUNTS:
            raise not_found("This account")
        if wanted.after and not _PLACE.fullmatch(wanted.after):
            raise invalid("after", "This is not the end of a page.")
        name = cast("PlatformAccount", account)
        try:
            found = await self._books.platform.period(
                name, from_ms=wanted.from_ms, to_ms=wanted.to_ms
            )
        except OutOfRangeError as error:
            raise invalid("from", str(error)) from error
        start = 0
        if wanted.after:
            places = (at for at, line in enumerate(found.entries) if line.id == wanted.after)
            start = next(places, len(found.entries) - 1) + 1
        page = found.entries[start : start + PAGE]
        more = start + PAGE < len(found.entries)
        return StatementView(
            currency=self._currency,
            from_ms=wanted.from_ms or None,
            to_ms=None if wanted.open_end else wanted.to_ms,
            opening_micros=found.opening_micros,
            closing_micros=found.closing_micros,
            entries=[entry_view(entry) for entry in page],
            next=page[-1].id if page and more else None,
            since_ms=found.since_ms,
        )

    async def csv_of_person(self, user: User, wanted: PeriodQuery) -> str:
        """The whole period as CSV, newest first."""
        kind = _kind(user)
        lines = await self._books.statements.all_lines(
            user.id, kind, from_ms=wanted.from_ms, to_ms=wanted.to_ms
        )
        return statement_csv(lines, self._currency)

    async def csv_of_account(self, account: str, wanted: PeriodQuery) -> str:
        """The same of the platform's own account. Raises ProblemError."""
        if account not in ACCOUNTS:
            raise not_found("This account")
        name = cast("PlatformAccount", account)
        try:
            found = await self._books.platform.period(
                name, from_ms=wanted.from_ms, to_ms=wanted.to_ms
            )
        except OutOfRangeError as error:
            raise invalid("from", str(error)) from error
        return statement_csv(found.entries, self._currency)


def _kind(user: User) -> OwnerKind:
    if user.role == "client":
        return "client"
    if user.role == "provider":
        return "provider"
    raise ProblemError("forbidden", "Only clients and providers have a statement.")


def _entry_at(cursor: str) -> Entry:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise invalid("after", "This is not the end of a page.")
    at_ms, ms, seq = match.groups()
    return Entry(f"{ms}-{seq}", int(at_ms), "", 0, None, "", None)
