"""A page of a statement as it is shown."""

from __future__ import annotations

from signaling.kernel.http.views import View
from signaling.money.views import EntryView


class StatementView(View):
    """One page of a period. `opening_micros` + the amounts of all pages = `closing_micros`."""

    currency: str
    from_ms: int | None  # None: from the beginning
    to_ms: int | None  # None: until now
    opening_micros: int
    closing_micros: int
    entries: list[EntryView]
    next: str | None  # the `after` of the next page
    since_ms: int | None  # the platform's accounts: entries before it are in the archive
