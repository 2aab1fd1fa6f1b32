"""The client's page of a call: `/call/{slug}`.

It arrives with its data as a JSON block that `call/call.js` starts from.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import PageRoom
from admin_web.talk.data import TalkData
from signaling.calls.news import CallNews
from signaling.kernel.http.identity import CALLER, User
from signaling.ringing.terms import Offers
from signaling.services.catalogue import Catalogue
from signaling.services.store import Services
from signaling.services.views import PublicServiceView


@dataclass(frozen=True, kw_only=True)
class CallPages:
    """The page and what it asks."""

    catalogue: Catalogue
    services: Services
    offers: Offers
    call_news: CallNews
    talk_data: TalkData

    async def call(self, visit: Visit) -> dict[str, Any]:
        """Lobby, ringing, call and receipt of one service. Raises ProblemError `not_found`."""
        user, slug = visit.visitor, visit.path["slug"]
        # Somebody in a call of a service that was hidden meanwhile must still get back into it.
        resumed = await self._service_of_call(user, slug) if user else None
        service = resumed or await self.catalogue.service(slug)
        calls_here = user is not None and user.role in CALLER and resumed is None
        quote = await self.offers.quote(user, slug) if user and calls_here else None
        data = {
            **self.talk_data.of(user),
            "service": service.as_json(),
            "quote": quote.as_json() if quote else None,
            "resuming": resumed is not None,
            "own": user is not None and await self._owns(user, slug),
        }
        return {"service": service.as_json(), "call_data": data}

    async def _service_of_call(self, user: User, slug: str) -> PublicServiceView | None:
        """The service this person is in a call of, even when it was taken off the site since."""
        if not any(call.service.slug == slug for call in await self.call_news.present(user)):
            return None
        return await self.catalogue.even_hidden(slug)

    async def _owns(self, user: User, slug: str) -> bool:
        service = await self.services.by_slug(slug)
        return service is not None and service.provider_id == user.id

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(pages=(Page("/call/{slug}", "call/call.html", self.call),))
