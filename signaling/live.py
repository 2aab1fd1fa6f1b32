"""The operator's live view: relays and calls, once a second to whoever watches."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from redis.exceptions import RedisError

from signaling.context import Context
from signaling.hub import Hub
from signaling.listener import Listener
from signaling.presenting import call_view

log = structlog.get_logger(__name__)

EVERY_S = 1.0
CALLS_MAX = 500  # shown; a page of more is of no use to anybody


async def snapshot(ctx: Context, listener: Listener) -> dict[str, Any]:
    """`live.snapshot` without its type."""
    now_ms = ctx.clock()
    relays = await ctx.relays.all()
    calls = sorted(listener.known.values(), key=lambda call: call.created_at_ms, reverse=True)
    rows = []
    for call in calls[:CALLS_MAX]:
        tick = ctx.ticks.get(call.id)
        row = call_view(call, "operator", tick.meter if tick else None).as_json()
        media = tick.media if tick else {}
        row["media"] = {side: media.get(side) for side in ("client", "provider")}
        rows.append(row)
    return {
        "at_ms": now_ms,
        "relays": [
            {
                "id": relay.id,
                "calls": relay.calls,
                "participants": relay.participants,
                "draining": relay.draining,
                "alive": relay.alive(now_ms),
            }
            for relay in sorted(relays.values(), key=lambda relay: relay.id)
        ],
        "calls": rows,
    }


async def show_live(ctx: Context, hub: Hub, listener: Listener) -> None:
    """Send snapshots until cancelled; nothing is made while nobody watches."""
    while True:
        watchers = hub.live_watchers()
        if watchers:
            try:
                hub.live_snapshot(watchers, await snapshot(ctx, listener))
            except (RedisError, OSError) as error:
                log.warning("no live snapshot", error=repr(error))
        await asyncio.sleep(EVERY_S)
