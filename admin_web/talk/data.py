"""What the scripts of both sides of a call start from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import User
from signaling.people.views import user_view
from signaling.relays.ice import IceServers


@dataclass(frozen=True)
class TalkData:
    """Makes the JSON block of a page of a call."""

    ice: IceServers
    clock: Clock

    def of(self, user: User | None) -> dict[str, Any]:
        """For the page's JSON block; `now_ms` lets it count down to the server's deadlines."""
        return {
            "now_ms": self.clock(),
            "user": user_view(user).as_json() if user else None,
            "ice_servers": self.ice.of(user.id if user else "guest"),
        }
