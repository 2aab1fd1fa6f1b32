"""The catalogue, the public page of a service."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame import words
from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import VISITOR, Nav, PageRoom
from admin_web.public import linked_data
from signaling.kernel.http.identity import CALLER, User
from signaling.ringing.terms import Offers
from signaling.services.catalogue import Catalogue
from signaling.services.hours import DAYS
from signaling.services.store import Services


@dataclass(frozen=True, kw_only=True)
class PublicPages:
    """The pages and what they ask."""

    catalogue: Catalogue
    services: Services
    offers: Offers

    async def home(self, visit: Visit) -> dict[str, Any]:
        """Published services, searched by `?query=` and `?kind=`; those on duty first."""
        query, kind = visit.asked("query"), visit.asked("kind")
        found = await self.catalogue.search(query=query, kind=kind)
        return {
            "services": [service.as_json() for service in found],
            "kinds": await self.catalogue.kinds(),
            "query": query,
            "kind": kind,
        }

    async def service(self, visit: Visit) -> dict[str, Any]:
        """Everything a visitor wants to know before the click. 404 when it is not published."""
        user, slug = visit.visitor, visit.path["slug"]
        service = (await self.catalogue.service(slug)).as_json()
        viewer = await self._viewer(user, service)
        asks = user is not None and viewer == "client"
        quote = (await self.offers.quote(user, slug)).as_json() if user and asks else None
        free_probe = quote is None or quote["free_probe"]
        return {
            "service": service,
            "viewer": viewer,
            "quote": quote,
            "free_rule": words.free_rule(service, free_probe=free_probe),
            "increments_rule": words.increments_rule(service),
            "days": DAYS,
            "has_hours": any(service["hours"].values()),
            "summary": linked_data.summary(service),
            "json_ld": linked_data.service(service),
        }

    async def _viewer(self, user: User | None, service: dict[str, Any]) -> str:
        """client: may call; visitor: has to sign in first; own: wrote it; other: cannot call."""
        if user is None:
            return "client" if service["price_micros"] == 0 else "visitor"
        if user.role == "guest":
            return "visitor" if service["price_micros"] else "client"
        if user.role == "client":
            return "client"
        own = await self.services.of_provider(user.id)
        return "own" if any(mine.slug == service["slug"] for mine in own) else "other"

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(
                Page("/", "public/home.html", self.home),
                Page("/s/{slug}", "public/service.html", self.service),
            ),
            nav=(Nav("/", lambda: _("Find an expert"), CALLER | VISITOR, exact=True),),
        )
