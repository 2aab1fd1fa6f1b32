"""The provider's side of a call: the console, with a line to the server on their other pages."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom, Piece
from admin_web.talk.data import TalkData
from signaling.kernel.http.identity import PROVIDER
from signaling.services.api import ServicesApi

HOME = "/console"


@dataclass(frozen=True, kw_only=True)
class ConsolePages:
    """The page and what it asks."""

    services: ServicesApi
    talk_data: TalkData

    async def console(self, visit: Visit) -> dict[str, Any]:
        """Where a provider answers calls."""
        services = await self.services.of(visit.user)
        return {
            "services": [service.as_json() for service in services],
            "console_data": self.talk_data.of(visit.user),
        }

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(Page(HOME, "console/console.html", self.console, PROVIDER),),
            nav=(Nav(HOME, lambda: _("Console"), PROVIDER),),
            # The console itself has all of it already.
            pieces=(Piece("console/_duty.html", "console/presence.js", PROVIDER, not_on=HOME),),
        )
