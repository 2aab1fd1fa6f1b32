"""STUN or TURN servers for a person's browser."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mediasrv.transport.turn import ice_servers
from signaling.kernel.clock import Clock


@dataclass(frozen=True)
class IceServers:
    """The servers as set; TURN needs `secret`."""

    urls: tuple[str, ...]
    secret: str | None = field(repr=False)
    clock: Clock

    def of(self, name: str) -> list[dict[str, Any]]:
        """What a browser is told, with credentials that expire."""
        return ice_servers(self.urls, self.secret, name, self.clock() // 1000)
