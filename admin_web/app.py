"""Puts pages, API, sockets together on one aiohttp application."""

from aiohttp import web

import signaling.app
from admin_web.account import pages as account
from admin_web.call.pages import CallPages
from admin_web.client.pages import ClientPages
from admin_web.console.pages import ConsolePages
from admin_web.frame import assets, errors, language, security, templating
from admin_web.frame.rooms import Frame, PageRoom
from admin_web.history.pages import HistoryPages
from admin_web.operator.live.pages import LivePages
from admin_web.operator.money.pages import MoneyPages
from admin_web.operator.people.pages import PeoplePages
from admin_web.operator.pricing.pages import PricingPages
from admin_web.provider.pages import ProviderPages
from admin_web.public.pages import PublicPages
from admin_web.talk.data import TalkData
from signaling.site import Site

LANGUAGE_COOKIE = "tipmeet_language"


def setup(app: web.Application, site: Site) -> None:
    """Makes `app` serve all of TipMeet for the web process that `site` belongs to."""
    app.middlewares.append(_speak)
    app.middlewares.append(errors.middleware)
    rooms = rooms_of(site)
    # Before the templates: its session middleware must have found the user when a page asks.
    signaling.app.setup(app, site)
    templating.setup(app, site.settings.currency, Frame.of(rooms))
    app.on_response_prepare.append(security.add_headers)
    app.router.add_get(assets.PREFIX + "{name:.+}", assets.serve)
    for room in rooms:
        for page in room.pages:
            app.router.add_get(page.path, page.show)


def rooms_of(site: Site) -> tuple[PageRoom, ...]:
    """All page rooms, given their parts; their rows stand in the navigation in this order."""
    talk_data = TalkData(site.ice, site.clock)
    parts = (
        PublicPages(catalogue=site.catalogue, services=site.services, offers=site.offers),
        account,
        ClientPages(
            wallets=site.wallet, statements=site.statements, takes_cards=site.cards is not None
        ),
        CallPages(
            catalogue=site.catalogue,
            services=site.services,
            offers=site.offers,
            call_news=site.call_news,
            talk_data=talk_data,
        ),
        ConsolePages(services=site.services_api, talk_data=talk_data),
        ProviderPages(
            own=site.services_api,
            catalogue=site.catalogue,
            pricing=site.pricing,
            wallets=site.wallet,
            payouts=site.payouts,
            statements=site.statements,
            currency=site.settings.currency,
        ),
        LivePages(site.live),
        HistoryPages(
            history=site.history, audit_log=site.audit_log, currency=site.settings.currency
        ),
        PeoplePages(
            found=site.found_people,
            accounts=site.accounts,
            wallets=site.wallet,
            statements=site.statements,
            cards=site.cards,
        ),
        MoneyPages(
            payouts=site.payouts,
            reports=site.reports,
            statements=site.statements,
            vouchers=site.vouchers,
            books_check=site.books_check,
            audit_log=site.audit_log,
            clock=site.clock,
        ),
        PricingPages(site.pricing),
    )
    return tuple(part.room() for part in parts)


@web.middleware
async def _speak(request: web.Request, handler: security.Handler) -> web.StreamResponse:
    """Every text of this request in the reader's language."""
    chosen = language.choose(
        request.headers.get("Accept-Language", ""), asked=request.cookies.get(LANGUAGE_COOKIE)
    )
    language.use(chosen)
    return await handler(request)
