"""A provider's services, earnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

from admin_web.frame import formats
from admin_web.frame.language import gettext as _
from admin_web.frame.page import Page, Visit
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from metering.money import parse_amount
from signaling.kernel.http.identity import PROVIDER
from signaling.money.payouts.payouts import Payouts
from signaling.money.statements.statements import Statements
from signaling.money.wallet import Wallet
from signaling.pricing.store import PricingStore
from signaling.pricing.views import pricing_view
from signaling.services.api import ServicesApi
from signaling.services.catalogue import Catalogue
from signaling.services.hours import DAYS

_NEW_HOURS: Final = {day: [["09:00", "17:00"]] if day not in ("sat", "sun") else [] for day in DAYS}
# Files of the zone database that are no place: aliases and fixed offsets nobody lives by.
_NO_PLACE: Final = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@dataclass(frozen=True, kw_only=True)
class ProviderPages:
    """The pages and what they ask."""

    own: ServicesApi
    catalogue: Catalogue
    pricing: PricingStore
    wallets: Wallet
    payouts: Payouts
    statements: Statements
    currency: str

    async def services(self, visit: Visit) -> dict[str, Any]:
        """The provider's services with their links."""
        found = await self.own.of(visit.user)
        return {"services": [service.as_json() for service in found]}

    async def new_service(self, _visit: Visit) -> dict[str, Any]:
        """The empty editor."""
        return await self._editor(None)

    async def edit_service(self, visit: Visit) -> dict[str, Any]:
        """The editor of an own service; others' do not exist here."""
        found = await self.own.one_of(visit.user, visit.path["id"])
        return await self._editor(found.as_json())

    async def earnings(self, visit: Visit) -> dict[str, Any]:
        """What came in, what can be paid out, and what was."""
        user = visit.user
        return {
            "earnings": (await self.wallets.earnings_of(user)).as_json(),
            "payouts": [payout.as_json() for payout in await self.payouts.own(user)],
            "statement": await statement_data(
                visit, lambda wanted: self.statements.of_person(user, wanted), "/api/statement.csv"
            ),
        }

    async def _editor(self, service: dict[str, Any] | None) -> dict[str, Any]:
        pricing = pricing_view(await self.pricing.get()).as_json()
        time_zone = service["time_zone"] if service else "UTC"
        return {
            "service": service,
            "pricing": pricing,
            "price_limits": _price_limits(pricing, self.currency),
            "kinds": await self.catalogue.kinds(),
            "days": DAYS,
            "default_hours": _NEW_HOURS,
            "time_zone": time_zone,
            "time_zones": sorted({*_places(), time_zone}),
        }

    def room(self) -> PageRoom:
        """Its rows."""
        editor = "provider/service_edit.html"
        return PageRoom(
            pages=(
                Page("/services", "provider/services.html", self.services, PROVIDER),
                Page("/services/new", editor, self.new_service, PROVIDER),
                Page("/services/{id}", editor, self.edit_service, PROVIDER),
                Page("/earnings", "provider/earnings.html", self.earnings, PROVIDER),
            ),
            nav=(
                Nav("/services", lambda: _("Services"), PROVIDER),
                Nav("/earnings", lambda: _("Earnings"), PROVIDER),
            ),
        )


def _price_limits(pricing: Mapping[str, Any], currency: str) -> str:
    floor, cap = (parse_amount(pricing[name]) for name in ("price_floor", "price_cap"))
    most = formats.exact(cap, currency)
    if not floor:
        return _("At most %(most)s per minute.") % {"most": most}
    least = formats.exact(floor, currency)
    return _("Otherwise %(least)s to %(most)s per minute.") % {"least": least, "most": most}


@cache
def _places() -> tuple[str, ...]:
    """Time zones named after a place, and UTC."""
    zones = (
        zone for zone in available_timezones() if "/" in zone and not zone.startswith(_NO_PLACE)
    )
    return ("UTC", *sorted(zones))
