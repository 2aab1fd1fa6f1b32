"""The bell: providers' sockets hear of calls that ring, or ring no more."""

from __future__ import annotations

from dataclasses import dataclass, field
from weakref import WeakKeyDictionary

from signaling.calls.events import Abandoned
from signaling.calls.record import Call, State
from signaling.calls.store import CallStore
from signaling.calls.views import call_view
from signaling.calls.watch import CallWatch
from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.room import Room
from signaling.kernel.rounds import Round, each_of
from signaling.kernel.sockets.commands import Fields
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.sockets.socket import Socket
from signaling.presence.store import Presence

LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class Bell:
    """Rings once per socket; `_ringing` are the calls that ring there."""

    hub: Hub
    store: CallStore
    presence: Presence
    _ringing: WeakKeyDictionary[Socket, set[str]] = field(default_factory=WeakKeyDictionary)

    async def changed(self, call: Call) -> None:
        """Tell the provider's sockets what became of a call, if it rings or rang there."""
        for socket in self.hub.of(call.provider_id):
            self._ring(socket, call)

    async def greet(self, socket: Socket) -> Fields:
        """A console that opens while a call rings hears it too, after its greeting."""
        if socket.user.role == "provider":
            call_id = await self.presence.call_of(socket.user.id)
            call = await self.store.get(call_id) if call_id else None
            if call is not None and call.provider_id == socket.user.id:
                self._ring(socket, call)
        return {}

    def _ring(self, socket: Socket, call: Call) -> None:
        rings = self._ringing.setdefault(socket, set())
        if call.state is State.RINGING:
            if call.id not in rings:
                rings.add(call.id)
                view = call_view(call, "provider").as_json()
                socket.send({"type": "call.incoming", "call": view})
        elif call.id in rings:
            rings.discard(call.id)
            reason = call.reason.value if call.reason else "answered"
            socket.send({"type": "call.gone", "call": call.id, "reason": reason})

    def room(self) -> Room:
        """Its rows."""
        return Room(on_open=(self.greet,))


@dataclass(frozen=True)
class AbandonedCalls:
    """The round that cancels calls whose client has gone."""

    watch: CallWatch
    calls: Calls
    presence: Presence
    clock: Clock

    async def cancel(self) -> None:
        """Calls that ring though their client has gone: nobody would be there to talk to."""
        ringing = [c for c in self.watch.known.values() if c.state is State.RINGING]
        clients = [call.client_id for call in ringing]
        gone = await self.presence.gone(clients, self.clock())
        left = [call.id for call in ringing if call.client_id in gone]
        await each_of("abandoned call", left, lambda call: self.calls.apply(call, Abandoned()))

    def room(self) -> Room:
        """Its rows."""
        return Room(rounds=(Round("cancel abandoned calls", self.cancel, LOOK_EVERY_S),))
