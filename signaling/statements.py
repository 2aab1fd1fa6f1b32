"""Statements of any period: a person's, or one of the platform's own accounts; in pages or as CSV.

A period is [from, to) in Unix milliseconds, or whole days in UTC ("2026-11-01"; `to` is included).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import cast, get_args

from metering.accounts import PlatformAccount
from metering.errors import OutOfRangeError
from metering.statements import statement_csv
from metering.types import Entry, OwnerKind
from signaling.accounts import User
from signaling.context import Context
from signaling.errors import ProblemError, invalid, not_found
from signaling.presenting import entry_view
from signaling.views import StatementView

PAGE = 100
ACCOUNTS: tuple[str, ...] = get_args(PlatformAccount)
QUERY = {
    "from": "the first moment (Unix milliseconds) or day (YYYY-MM-DD, UTC)",
    "to": "the first moment after it (Unix milliseconds), or its last day",
    "after": "`next` of the page before",
}
_FOREVER_MS = 10**14  # the year 5138
_MS = re.compile(r"[0-9]{1,14}")
_CURSOR = re.compile(r"([0-9]{1,15})\.([0-9]{1,15})-([0-9]{1,6})")
_PLACE = re.compile(r"[0-9a-f]{4}/[0-9]{1,15}-[0-9]{1,15}")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines somebody wants; `after` is where the last page ended, "" for the first."""

    from_ms: int = 0
    to_ms: int = _FOREVER_MS
    after: str = ""

    @property
    def open_end(self) -> bool:
        """Whether the period goes on to the present."""
        return self.to_ms == _FOREVER_MS


def asked(query: Mapping[str, str]) -> Asked:
    """What a query asks for. Raises ProblemError `invalid`, naming the field."""
    from_ms = _moment(query.get("from", ""), "from") or 0
    to_ms = _moment(query.get("to", ""), "to")
    to_ms = _FOREVER_MS if to_ms is None else to_ms
    if from_ms >= to_ms:
        raise invalid("to", "The period ends before it begins.")
    return Asked(from_ms, to_ms, query.get("after", ""))


async def of_person(ctx: Context, user: User, wanted: Asked) -> StatementView:
    """One page of a client's or provider's statement. Raises ProblemError."""
    kind = _kind(user)
    found = await ctx.books.statements.period(
        user.id,
        kind,
        from_ms=wanted.from_ms,
        to_ms=wanted.to_ms,
        limit=PAGE,
        before=_entry_at(wanted.after) if wanted.after else None,
    )
    return StatementView(
        currency=ctx.settings.currency,
        from_ms=wanted.from_ms or None,
        to_ms=None if wanted.open_end else wanted.to_ms,
        opening_micros=found.opening_micros,
        closing_micros=found.closing_micros,
        entries=[entry_view(entry) for entry in found.entries],
        next=f"{found.next.at_ms}.{found.next.id}" if found.next else None,
        since_ms=None,
    )


async def of_account(ctx: Context, account: str, wanted: Asked) -> StatementView:
    """One page of the platform's own account. Raises ProblemError."""
    if account not in ACCOUNTS:
        raise not_found("This account")
    if wanted.after and not _PLACE.fullmatch(wanted.after):
        raise invalid("after", "This is not the end of a page.")
    name = cast("PlatformAccount", account)
    try:
        found = await ctx.books.platform.period(name, from_ms=wanted.from_ms, to_ms=wanted.to_ms)
    except OutOfRangeError as error:
        raise invalid("from", str(error)) from error
    start = 0
    if wanted.after:
        places = (at for at, line in enumerate(found.entries) if line.id == wanted.after)
        start = next(places, len(found.entries) - 1) + 1
    page = found.entries[start : start + PAGE]
    more = start + PAGE < len(found.entries)
    return StatementView(
        currency=ctx.settings.currency,
        from_ms=wanted.from_ms or None,
        to_ms=None if wanted.open_end else wanted.to_ms,
        opening_micros=found.opening_micros,
        closing_micros=found.closing_micros,
        entries=[entry_view(entry) for entry in page],
        next=page[-1].id if page and more else None,
        since_ms=found.since_ms,
    )


async def csv_of_person(ctx: Context, user: User, wanted: Asked) -> str:
    """The whole period as CSV, newest first."""
    kind = _kind(user)
    lines = await ctx.books.statements.all_lines(
        user.id, kind, from_ms=wanted.from_ms, to_ms=wanted.to_ms
    )
    return statement_csv(lines, ctx.settings.currency)


async def csv_of_account(ctx: Context, account: str, wanted: Asked) -> str:
    """The same of the platform's own account. Raises ProblemError."""
    if account not in ACCOUNTS:
        raise not_found("This account")
    name = cast("PlatformAccount", account)
    try:
        found = await ctx.books.platform.period(name, from_ms=wanted.from_ms, to_ms=wanted.to_ms)
    except OutOfRangeError as error:
        raise invalid("from", str(error)) from error
    return statement_csv(found.entries, ctx.settings.currency)


def _kind(user: User) -> OwnerKind:
    if user.role == "client":
        return "client"
    if user.role == "provider":
        return "provider"
    raise ProblemError("forbidden", "Only clients and providers have a statement.")


def _moment(text: str, field: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if _MS.fullmatch(text):
        return int(text)
    try:
        day = date.fromisoformat(text)
        if field == "to":
            day += timedelta(days=1)
        return max(0, int(datetime.combine(day, time(tzinfo=UTC)).timestamp() * 1000))
    except (ValueError, OverflowError) as error:
        raise invalid(field, "This is not a day; one looks like 2026-11-01.") from error


def _entry_at(cursor: str) -> Entry:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise invalid("after", "This is not the end of a page.")
    at_ms, ms, seq = match.groups()
    return Entry(f"{ms}-{seq}", int(at_ms), "", 0, None, "", None)
