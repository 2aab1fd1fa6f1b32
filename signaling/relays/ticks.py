"""The last thing each relay said of each call, as seen by this process."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

TICKS_CHANNEL = "tipmeet:ticks"
KEEP_MS = 60_000


@dataclass(frozen=True, slots=True)
class Tick:
    """One message of the relays' channel (protocol, section 4). `received_ms` is our clock's."""

    call_id: str
    relay: str
    received_ms: int
    meter: Mapping[str, Any] | None
    media: Mapping[str, Mapping[str, Any] | None]

    @classmethod
    def parse(cls, message: Mapping[str, Any], received_ms: int) -> Tick:
        """Raises KeyError or TypeError for something else."""
        return cls(
            call_id=str(message["call"]),
            relay=str(message["relay"]),
            received_ms=received_ms,
            meter=message["meter"],
            media=message["media"],
        )

    @property
    def flowing(self) -> bool:
        """Whether media of both sides pass through the relay."""
        sides = (self.media.get("client"), self.media.get("provider"))
        return all(side is not None and side["state"] == "flowing" for side in sides)


class TickBoard:
    """Ticks by call; one a minute old is forgotten, so live calls bound the board."""

    def __init__(self) -> None:
        self._ticks: dict[str, Tick] = {}

    def put(self, tick: Tick) -> None:
        """Remember the newest."""
        self._ticks[tick.call_id] = tick

    def get(self, call_id: str) -> Tick | None:
        """The last tick of a call."""
        return self._ticks.get(call_id)

    def meter(self, call_id: str) -> Mapping[str, Any] | None:
        """The last known meter of a call."""
        tick = self._ticks.get(call_id)
        return tick.meter if tick else None

    def forget(self, now_ms: int) -> None:
        """Drop the old ones."""
        stale = [key for key, t in self._ticks.items() if now_ms - t.received_ms > KEEP_MS]
        for call_id in stale:
            del self._ticks[call_id]
