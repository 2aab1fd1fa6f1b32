"""The operator's live view: relays with their calls, once a second to whoever watches."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakSet

from signaling.calls.views import call_view
from signaling.calls.watch import CallWatch
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import OPERATOR
from signaling.kernel.room import Room
from signaling.kernel.rounds import Round
from signaling.kernel.sockets.commands import Command, Fields, SocketRequest, Switch
from signaling.kernel.sockets.socket import Socket
from signaling.relays.registry import RelayRegistry
from signaling.relays.ticks import TickBoard

EVERY_S = 1.0
CALLS_MAX = 500  # shown; a page of more is of no use to anybody


@dataclass(frozen=True)
class LiveView:
    """`_watchers` are the sockets that want it."""

    watch: CallWatch
    relays: RelayRegistry
    ticks: TickBoard
    clock: Clock
    _watchers: WeakSet[Socket] = field(default_factory=WeakSet)

    async def snapshot(self) -> dict[str, Any]:
        """`live.snapshot` without its type."""
        now_ms = self.clock()
        relays = await self.relays.all()
        calls = sorted(self.watch.known.values(), key=lambda call: call.created_at_ms, reverse=True)
        rows = []
        for call in calls[:CALLS_MAX]:
            tick = self.ticks.get(call.id)
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

    async def switch(self, asked: SocketRequest) -> Fields:
        """An operator's page wants the live view, or no longer."""
        if asked.read(Switch).on:
            self._watchers.add(asked.socket)
        else:
            self._watchers.discard(asked.socket)
        return {}

    async def leave(self, socket: Socket) -> None:
        """A page that is gone watches nothing."""
        self._watchers.discard(socket)

    async def show(self) -> None:
        """Send a snapshot to whoever watches, encoded once; none is made for nobody."""
        if self._watchers:
            message = {"type": "live.snapshot", **await self.snapshot()}
            text = json.dumps(message, separators=(",", ":"))
            for socket in list(self._watchers):
                socket.send_text(text, droppable=True)

    def room(self) -> Room:
        """Its rows."""
        return Room(
            commands={"live.watch": Command(Switch, self.switch, OPERATOR)},
            rounds=(Round("live view", self.show, EVERY_S),),
            on_close=(self.leave,),
        )
