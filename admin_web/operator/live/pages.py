"""What runs now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from signaling.kernel.http.identity import OPERATOR
from signaling.operator.live import LiveView


@dataclass(frozen=True)
class LivePages:
    """The page and what it asks."""

    view: LiveView

    async def live(self, _visit: Visit) -> dict[str, Any]:
        """What runs now; from then on the page follows over the socket."""
        return {"snapshot": await self.view.snapshot()}

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(Page("/admin", "operator/live/live.html", self.live, OPERATOR),),
            nav=(Nav("/admin", lambda: _("Live"), OPERATOR, exact=True),),
        )
