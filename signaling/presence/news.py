"""What providers are told of their own duty; how the site hears who is here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import PROVIDER
from signaling.kernel.room import Room
from signaling.kernel.rounds import Round
from signaling.kernel.sockets.commands import Command, Fields, SocketRequest, Switch
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.sockets.socket import Socket
from signaling.presence.store import DUTY_CHANNEL, STAMP_EVERY_S, Duty, Presence

LOOK_EVERY_S = 1.0


@dataclass(frozen=True)
class DutyNews:
    """Duty over sockets: set by a command, told when it changes."""

    presence: Presence
    hub: Hub
    clock: Clock
    _told: WeakKeyDictionary[Socket, Duty] = field(default_factory=WeakKeyDictionary)

    async def set_duty(self, asked: SocketRequest) -> Fields:
        """A provider takes calls from now on, or none."""
        provider_id, now_ms = asked.user.id, self.clock()
        await self.presence.set_duty(provider_id, asked.read(Switch).on, now_ms)
        self._told[asked.socket] = await self.presence.duty(provider_id, now_ms)
        return await self._shown(provider_id, self._told[asked.socket])

    async def look(self, provider_id: str) -> None:
        """Tell a provider's sockets here whether calls come in, if that has changed."""
        sockets = self.hub.of(provider_id)
        if not sockets:
            return
        duty = await self.presence.duty(provider_id, self.clock())
        shown = await self._shown(provider_id, duty)
        for socket in sockets:
            if self._told.get(socket) != duty:
                self._told[socket] = duty
                socket.send({"type": "duty", **shown})

    async def heard(self, message: Mapping[str, Any]) -> None:
        """A provider's duty may have changed, perhaps at another process."""
        await self.look(str(message["provider"]))

    async def greet(self, socket: Socket) -> Fields:
        """Somebody is here; a provider learns whether calls come in."""
        user, now_ms = socket.user, self.clock()
        await self.presence.arrive(user.id, now_ms)
        if user.role != "provider":
            return {}
        self._told[socket] = await self.presence.duty(user.id, now_ms)
        return await self._shown(user.id, self._told[socket])

    async def _shown(self, provider_id: str, duty: Duty) -> Fields:
        """A duty; off duty with since when (Unix milliseconds) and why."""
        off = await self.presence.off_duty(provider_id) if duty == "off_duty" else None
        return {
            "duty": duty,
            "off_since_ms": off.since_ms if off else None,
            "off_reason": off.reason if off else None,
        }

    async def leave(self, socket: Socket) -> None:
        """The grace of 20 s runs from now; if this fails, from the last round's stamp."""
        await self.presence.stamp([socket.user.id], self.clock())

    async def retire(self) -> None:
        """Providers whose last socket closed 20 s ago are off duty."""
        await self.presence.retire_unseen(self.clock())

    async def stamp(self) -> None:
        """Say who has a socket here."""
        await self.presence.stamp(self.hub.people(), self.clock())

    def room(self) -> Room:
        """Its rows."""
        return Room(
            commands={"duty.set": Command(Switch, self.set_duty, PROVIDER)},
            channels={DUTY_CHANNEL: self.heard},
            rounds=(
                Round("retire the unseen", self.retire, LOOK_EVERY_S),
                Round("stamp presence", self.stamp, STAMP_EVERY_S),
            ),
            on_open=(self.greet,),
            on_close=(self.leave,),
        )
