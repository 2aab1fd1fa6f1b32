"""The rules for calls that start from now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from signaling.kernel.http.identity import OPERATOR
from signaling.pricing.store import PricingStore
from signaling.pricing.views import pricing_view


@dataclass(frozen=True)
class PricingPages:
    """The page and what it asks."""

    store: PricingStore

    async def pricing(self, _visit: Visit) -> dict[str, Any]:
        """The rules, with a worked example."""
        return {"pricing": pricing_view(await self.store.get()).as_json()}

    def room(self) -> PageRoom:
        """Its rows."""
        return PageRoom(
            pages=(
                Page("/admin/pricing", "operator/pricing/pricing.html", self.pricing, OPERATOR),
            ),
            nav=(Nav("/admin/pricing", lambda: _("Pricing"), OPERATOR),),
        )
