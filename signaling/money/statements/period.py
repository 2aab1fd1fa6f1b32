"""Which lines of a statement somebody asks for.

A period is [from, to) in Unix milliseconds, or whole days in UTC ("2026-11-01"; `to` is included).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from signaling.kernel.problems import invalid

QUERY = {
    "from": "the first moment (Unix milliseconds) or day (YYYY-MM-DD, UTC)",
    "to": "the first moment after it (Unix milliseconds), or its last day",
    "after": "`next` of the page before",
}
_FOREVER_MS = 10**14  # the year 5138
_MS = re.compile(r"[0-9]{1,14}")


@dataclass(frozen=True, slots=True)
class PeriodQuery:
    """Which lines somebody wants; `after` is where the last page ended, "" for the first."""

    from_ms: int = 0
    to_ms: int = _FOREVER_MS
    after: str = ""

    @property
    def open_end(self) -> bool:
        """Whether the period goes on to the present."""
        return self.to_ms == _FOREVER_MS


def period_of(query: Mapping[str, str]) -> PeriodQuery:
    """What a query asks for. Raises ProblemError `invalid`, naming the field."""
    from_ms = _moment(query.get("from", ""), "from") or 0
    to_ms = _moment(query.get("to", ""), "to")
    to_ms = _FOREVER_MS if to_ms is None else to_ms
    if from_ms >= to_ms:
        raise invalid("to", "The period ends before it begins.")
    return PeriodQuery(from_ms, to_ms, query.get("after", ""))


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
