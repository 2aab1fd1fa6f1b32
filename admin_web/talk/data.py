"""What the scripts of both sides of a call start from."""

from __future__ import annotations

from typing import Any

from signaling.kernel.http.identity import User
from signaling.people.views import user_view
from signaling.site import Site


def talk_data(site: Site, user: User | None) -> dict[str, Any]:
    """For the page's JSON block; `now_ms` lets them count down to the server's deadlines."""
    return {
        "now_ms": site.clock(),
        "user": user_view(user).as_json() if user else None,
        "ice_servers": site.ice.of(user.id if user else "guest"),
    }
