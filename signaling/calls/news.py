"""What the parties of a call are told of it.

What a socket was last told is kept beside it, so that a message may come any number of times: only
what is new goes out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from metering.tariff import Tariff
from signaling.calls.observations import low_balance_points
from signaling.calls.record import Call, State
from signaling.calls.store import CallStore
from signaling.calls.views import CallView, call_view, meter_view, viewer_of
from signaling.kernel.http.identity import User
from signaling.kernel.http.views import Viewer
from signaling.kernel.room import Room
from signaling.kernel.sockets.commands import Fields
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.sockets.socket import Socket
from signaling.presence.store import Presence
from signaling.relays.ticks import Tick, TickBoard


@dataclass(frozen=True)
class CallNews:
    """Tells sockets of this process; `_affordable_s` as last told, by call."""

    hub: Hub
    store: CallStore
    presence: Presence
    ticks: TickBoard
    _affordable_s: WeakKeyDictionary[Socket, dict[str, int | None]] = field(
        default_factory=WeakKeyDictionary
    )

    async def present(self, user: User) -> list[CallView]:
        """The call a person is in, if any."""
        call_id = await self.presence.call_of(user.id)
        found = await self.store.get(call_id) if call_id else None
        if found is None or found.over or found.state is State.OPENING:
            return []
        return [call_view(found, viewer_of(found, user), self.ticks.meter(found.id))]

    async def greet(self, socket: Socket) -> Fields:
        """The call that a page comes back to."""
        return {"calls": [call.as_json() for call in await self.present(socket.user)]}

    async def changed(self, call: Call) -> None:
        """Tell the parties' sockets what became of a call."""
        encoded: dict[Viewer, str] = {}
        meter = self.ticks.meter(call.id)
        for socket, viewer in self._audience(call):
            if viewer not in encoded:
                view = call_view(call, viewer, meter).as_json()
                encoded[viewer] = json.dumps({"type": "call.state", "call": view})
            socket.send_text(encoded[viewer])
            if call.over:
                self._affordable_s.get(socket, {}).pop(call.id, None)

    def ticked(self, call: Call, tick: Tick) -> None:
        """Tell the parties' sockets where the meter is."""
        audience = list(self._audience(call))
        if tick.meter is None or call.over or not audience:
            return
        tariff = Tariff.unpack(call.tariff)
        for socket, viewer in audience:
            meter = meter_view(call, tariff, tick.meter, viewer)
            socket.send(
                {
                    "type": "call.meter",
                    "call": call.id,
                    "state": call.state.value,
                    "meter": meter.as_json(),
                    "quality": _quality(tick, viewer),
                },
                droppable=True,
            )
            told = self._affordable_s.setdefault(socket, {})
            before_s, told[call.id] = told.get(call.id), meter.affordable_s
            points = call.limits.low_balance_s
            if low_balance_points(points, before_s, meter.affordable_s) is not None:
                socket.send(
                    {
                        "type": "call.warning",
                        "call": call.id,
                        "left_s": meter.affordable_s,
                        "ends_by": meter.ends_by,
                    }
                )

    def _audience(self, call: Call) -> Iterator[tuple[Socket, Viewer]]:
        """Parties hear of their calls on every socket of theirs."""
        for socket in self.hub.of(call.client_id):
            yield socket, "client"
        for socket in self.hub.of(call.provider_id):
            yield socket, "provider"

    def room(self) -> Room:
        """Its rows."""
        return Room(on_open=(self.greet,))


def _quality(tick: Tick, viewer: Viewer) -> dict[str, Any] | None:
    """The line of one party: what it loses either way, its round trip, what it receives."""
    media = tick.media.get(viewer)
    if media is None:
        return None
    return {
        "loss": max(media["loss_in"], media["loss_out"]),
        "rtt_ms": media["rtt_ms"],
        "bitrate_bps": media["bitrate_out_bps"],
    }
