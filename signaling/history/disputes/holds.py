"""A provider's share of a call waits while its client's report is open.

The report's own commands place and free the hold in the books (`decisions`). Reports and
books are two stores, so a crash may leave one without the other: this mends it, before earnings are
released.
"""

from __future__ import annotations

from dataclasses import dataclass

from metering.books import Books
from signaling.calls.store import CallStore
from signaling.history.disputes.store import Disputes
from signaling.kernel.clock import Clock

# A hold without a report is one that is being reported just now, unless it is older than this.
ABANDONED_AFTER_MS = 60_000


@dataclass(frozen=True)
class Holds:
    """Keeps the books' holds as the reports say."""

    disputes: Disputes
    store: CallStore
    books: Books
    clock: Clock

    async def mend(self) -> None:
        """Puts the holds of open reports in place, and frees those no open report stands behind."""
        now_ms = self.clock()
        reported = set(await self.disputes.open_calls())
        held = await self.books.holds.all()
        missing = reported - {hold.call_id for hold in held}
        for call in await self.store.get_many(sorted(missing)):
            await self.books.holds.place(call.id, call.provider_id, now_ms=now_ms)
        for hold in held:
            if hold.call_id not in reported:
                await self.books.holds.free(
                    hold.call_id,
                    hold.provider_id,
                    now_ms=now_ms,
                    held_before_ms=now_ms - ABANDONED_AFTER_MS,
                )
