"""A provider's services, with what they earned."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

import aiohttp_jinja2
from aiohttp import web

from admin_web.frame import formats
from admin_web.frame.access import page_for, site_of
from admin_web.frame.language import gettext as _
from admin_web.frame.rooms import Nav, PageRoom
from admin_web.history.statement import statement_data
from metering.money import parse_amount
from signaling.kernel.http.identity import PROVIDER, User
from signaling.pricing.views import pricing_view
from signaling.services.hours import DAYS

routes = web.RouteTableDef()

_NEW_HOURS: Final = {day: [["09:00", "17:00"]] if day not in ("sat", "sun") else [] for day in DAYS}
# Files of the zone database that are no place: aliases and fixed offsets nobody lives by.
_NO_PLACE: Final = ("Etc/", "SystemV/", "US/", "posix/", "right/")


@routes.get("/services")
@page_for("provider")
async def services(request: web.Request, user: User) -> web.StreamResponse:
    """The provider's services with their links."""
    found = await site_of(request).services_api.of(user)
    data = {"services": [service.as_json() for service in found]}
    return aiohttp_jinja2.render_template("provider/services.html", request, data)


@routes.get("/services/new")
@page_for("provider")
async def new_service(request: web.Request, _user: User) -> web.StreamResponse:
    """The empty editor."""
    return await _editor(request, None)


@routes.get("/services/{id}")
@page_for("provider")
async def edit_service(request: web.Request, user: User) -> web.StreamResponse:
    """The editor of an own service; others' do not exist here."""
    found = await site_of(request).services_api.one_of(user, request.match_info["id"])
    return await _editor(request, found.as_json())


@routes.get("/earnings")
@page_for("provider")
async def earnings(request: web.Request, user: User) -> web.StreamResponse:
    """What came in, what can be paid out, and what was."""
    site = site_of(request)
    data = {
        "earnings": (await site.wallet.earnings_of(user)).as_json(),
        "payouts": [payout.as_json() for payout in await site.payouts.own(user)],
        "statement": await statement_data(
            request, lambda wanted: site.statements.of_person(user, wanted), "/api/statement.csv"
        ),
    }
    return aiohttp_jinja2.render_template("provider/earnings.html", request, data)


async def _editor(request: web.Request, service: dict[str, Any] | None) -> web.StreamResponse:
    site = site_of(request)
    pricing = pricing_view(await site.pricing.get()).as_json()
    time_zone = service["time_zone"] if service else "UTC"
    data = {
        "service": service,
        "pricing": pricing,
        "price_limits": _price_limits(pricing, site.settings.currency),
        "kinds": await site.catalogue.kinds(),
        "days": DAYS,
        "default_hours": _NEW_HOURS,
        "time_zone": time_zone,
        "time_zones": sorted({*_places(), time_zone}),
    }
    return aiohttp_jinja2.render_template("provider/service_edit.html", request, data)


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


ROOM = PageRoom(
    routes,
    nav=(
        Nav("/services", lambda: _("Services"), PROVIDER),
        Nav("/earnings", lambda: _("Earnings"), PROVIDER),
    ),
)
