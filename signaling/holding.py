"""A provider's share of a call waits while its client's report is open.

The report's own commands place and free the hold in the books (`signaling.settling`). Reports and
books are two stores, so a crash may leave one without the other: this mends it, before earnings are
released.
"""

from __future__ import annotations

from signaling.context import Context

# A hold without a report is one that is being reported just now, unless it is older than this.
ABANDONED_AFTER_MS = 60_000


async def mend_holds(ctx: Context) -> None:
    """Puts the holds of open reports in place, and frees those no open report stands behind."""
    now_ms = ctx.clock()
    reported = set(await ctx.disputes.open_calls())
    held = await ctx.books.holds.all()
    missing = reported - {hold.call_id for hold in held}
    for call in await ctx.store.get_many(sorted(missing)):
        await ctx.books.holds.place(call.id, call.provider_id, now_ms=now_ms)
    for hold in held:
        if hold.call_id not in reported:
            await ctx.books.holds.free(
                hold.call_id,
                hold.provider_id,
                now_ms=now_ms,
                held_before_ms=now_ms - ABANDONED_AFTER_MS,
            )
