"""The sockets of this process, and what each is told when a call, a tick or a duty changes.

What a socket was last told is kept with the socket, so that a message may come any number of times:
only what is new goes out.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from aiohttp import WSCloseCode

from metering.tariff import Tariff
from signaling.call import Call, State
from signaling.observations import low_balance_points
from signaling.presence import Duty
from signaling.presenting import Viewer, call_view, meter_view
from signaling.socket import Socket
from signaling.tick_board import Tick

SOCKETS_PER_PERSON = 16  # tabs and devices
SOCKETS_MAX = 20_000


class Hub:
    """Sockets by person."""

    def __init__(self) -> None:
        self._by_user: defaultdict[str, list[Socket]] = defaultdict(list)
        self._count = 0

    def add(self, socket: Socket) -> bool:
        """Take a socket in; False when there are too many."""
        sockets = self._by_user[socket.user.id]
        if len(sockets) >= SOCKETS_PER_PERSON or self._count >= SOCKETS_MAX:
            return False
        sockets.append(socket)
        self._count += 1
        return True

    def remove(self, socket: Socket) -> None:
        """Let a socket go."""
        sockets = self._by_user.get(socket.user.id, [])
        if socket in sockets:
            sockets.remove(socket)
            self._count -= 1
        if not sockets:
            self._by_user.pop(socket.user.id, None)

    def all(self) -> list[Socket]:
        """Every socket here."""
        return [socket for sockets in self._by_user.values() for socket in sockets]

    def of(self, user_id: str) -> list[Socket]:
        """A person's sockets here."""
        return list(self._by_user.get(user_id, ()))

    def people(self) -> list[str]:
        """Everybody with a socket here."""
        return list(self._by_user)

    def signed_out(self, session: str) -> None:
        """Close what was opened with a session that is over."""
        for socket in self.all():
            if socket.session == session:
                socket.close_soon(WSCloseCode.POLICY_VIOLATION, b"signed out")

    def call_changed(self, call: Call, meter: Mapping[str, Any] | None) -> None:
        """Tell the parties' sockets what became of a call."""
        for socket in self.of(call.provider_id):
            self._ring(socket, call)
        encoded: dict[Viewer, str] = {}
        for socket, viewer in self._audience(call):
            if viewer not in encoded:
                view = call_view(call, viewer, meter).as_json()
                encoded[viewer] = json.dumps({"type": "call.state", "call": view})
            socket.send_text(encoded[viewer])
            if call.over:
                socket.affordable_s.pop(call.id, None)

    def ticked(self, call: Call, tick: Tick) -> None:
        """Tell the parties' sockets where the meter is."""
        audience = list(self._audience(call))
        if tick.meter is None or call.over or not audience:
            return
        tariff = Tariff.unpack(call.tariff)
        for socket, viewer in audience:
            meter = meter_view(tariff, tick.meter, viewer)
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
            before_s = socket.affordable_s.get(call.id)
            socket.affordable_s[call.id] = meter.affordable_s
            points = call.limits.low_balance_s
            if low_balance_points(points, before_s, meter.affordable_s) is not None:
                warning = {"type": "call.warning", "call": call.id, "left_s": meter.affordable_s}
                socket.send(warning)

    def duty_changed(self, provider_id: str, duty: Duty) -> None:
        """Tell a provider's sockets whether calls come in."""
        for socket in self.of(provider_id):
            if socket.duty != duty:
                socket.duty = duty
                socket.send({"type": "duty", "duty": duty})

    def live_snapshot(self, watchers: Iterable[Socket], snapshot: Mapping[str, Any]) -> None:
        """Tell the operators that look; encoded once for all."""
        text = json.dumps({"type": "live.snapshot", **snapshot}, separators=(",", ":"))
        for socket in watchers:
            socket.send_text(text, droppable=True)

    def live_watchers(self) -> list[Socket]:
        """Operators' sockets that want the live view."""
        return [socket for socket in self.all() if socket.watches_live]

    def _ring(self, socket: Socket, call: Call) -> None:
        if call.state is State.RINGING:
            if call.id not in socket.ringing:
                socket.ringing.add(call.id)
                view = call_view(call, "provider").as_json()
                socket.send({"type": "call.incoming", "call": view})
        elif call.id in socket.ringing:
            socket.ringing.discard(call.id)
            reason = call.reason.value if call.reason else "answered"
            socket.send({"type": "call.gone", "call": call.id, "reason": reason})

    def _audience(self, call: Call) -> Iterator[tuple[Socket, Viewer]]:
        """Parties hear of their calls on every socket of theirs."""
        for socket in self.of(call.client_id):
            yield socket, "client"
        for socket in self.of(call.provider_id):
            yield socket, "provider"


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
