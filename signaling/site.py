"""The parts of a web process, put together in the order of their floors.

Only composers see a `Site`; a room is given the parts it needs.
"""

from __future__ import annotations

from collections.abc import Mapping

import redis.asyncio

from mediasrv.client import RelayClient
from metering.books import Books
from signaling.calls.commands import CallCommands, PartyCalls
from signaling.calls.news import CallNews
from signaling.calls.rounds import CallRounds
from signaling.calls.store import CallStore
from signaling.calls.watch import CallWatch
from signaling.calls.work import Calls
from signaling.history.api import HistoryApi
from signaling.history.calls import History
from signaling.history.disputes.decisions import Decisions
from signaling.history.disputes.holds import Holds
from signaling.history.disputes.store import Disputes
from signaling.history.reports import Reports
from signaling.kernel.clock import Clock, wall_clock_ms
from signaling.kernel.http.routing import Route
from signaling.kernel.room import Room, joined, joined_routes
from signaling.kernel.sockets.commands import PING, Command
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.store.limits import RateLimiter
from signaling.kernel.store.news import News
from signaling.money.cards.api import CardsApi
from signaling.money.cards.stripe_cards import Cards
from signaling.money.payouts.api import PayoutsApi
from signaling.money.payouts.payouts import Payouts
from signaling.money.statements.api import StatementsApi
from signaling.money.statements.statements import Statements
from signaling.money.upkeep import Upkeep
from signaling.money.vouchers import Vouchers
from signaling.money.wallet import Wallet
from signaling.operator.books import BooksCheck
from signaling.operator.live import LiveView
from signaling.operator.people import FoundPeople
from signaling.people.accounts import Accounts
from signaling.people.api import People
from signaling.people.audit_log import AuditLog
from signaling.people.passwords import Passwords
from signaling.people.sessions import Sessions
from signaling.people.signing_in import SigningIn
from signaling.presence.news import DutyNews
from signaling.presence.store import Presence
from signaling.pricing.api import PricingApi
from signaling.pricing.store import PricingStore
from signaling.relays.ice import IceServers
from signaling.relays.registry import RelayRegistry
from signaling.relays.ticks import TickBoard
from signaling.ringing.api import RingingApi
from signaling.ringing.blocks import Blocks
from signaling.ringing.commands import RingingCommands
from signaling.ringing.news import AbandonedCalls, Bell
from signaling.ringing.start import Start
from signaling.ringing.terms import Offers
from signaling.services.api import ServicesApi
from signaling.services.catalogue import Catalogue
from signaling.services.store import Services
from signaling.settings import SignalingSettings


class Site:
    """Nothing is started and nothing is asked of the store yet."""

    def __init__(
        self,
        *,
        settings: SignalingSettings,
        redis: redis.asyncio.Redis,
        books: Books,
        relay_client: RelayClient,
        clock: Clock = wall_clock_ms,
    ) -> None:
        self.settings = settings
        self.redis = redis
        self.books = books
        self.relay_client = relay_client
        self.clock = clock
        self._kernel()
        self._people()
        self._services()
        self._calls()
        self._ringing()
        self._disputes()
        self._money()
        self._history()
        self._operator()

    def _kernel(self) -> None:
        self.hub = Hub()
        self.news = News(self.redis, self.clock)
        self.limiter = RateLimiter(self.redis)

    def _people(self) -> None:
        settings = self.settings
        passwords = Passwords(
            memory_kib=settings.password_memory_kib, rounds=settings.password_rounds
        )
        self.accounts = Accounts(self.redis, passwords, self.clock)
        self.sessions = Sessions(self.redis, settings.session_ttl_s)
        self.audit_log = AuditLog(self.redis)
        self.people = People(
            accounts=self.accounts,
            signing_in=SigningIn(self.redis, self.accounts, self.limiter),
            sessions=self.sessions,
            audit_log=self.audit_log,
            limiter=self.limiter,
            hub=self.hub,
            session_ttl_s=settings.session_ttl_s,
            secure_cookies=settings.secure_cookies,
        )

    def _services(self) -> None:
        """Pricing, relays, presence, services: what a call is made of."""
        settings = self.settings
        self.pricing = PricingStore(self.redis, settings.pricing)
        self.pricing_api = PricingApi(self.pricing)
        self.relays = RelayRegistry(self.redis)
        self.ticks = TickBoard()
        self.ice = IceServers(settings.ice_urls, settings.turn_secret, self.clock)
        self.presence = Presence(self.redis)
        self.duty_news = DutyNews(self.presence, self.hub, self.clock)
        self.services = Services(self.redis, self.clock)
        self.catalogue = Catalogue(
            services=self.services,
            pricing=self.pricing,
            presence=self.presence,
            clock=self.clock,
            currency=settings.currency,
            base_url=settings.base_url,
        )
        self.services_api = ServicesApi(
            services=self.services,
            catalogue=self.catalogue,
            pricing=self.pricing,
            currency=settings.currency,
            base_url=settings.base_url,
        )

    def _calls(self) -> None:
        self.store = CallStore(self.redis)
        self.calls = Calls(
            self.store, self.books, self.relays, self.relay_client, self.presence, clock=self.clock
        )
        self.call_news = CallNews(self.hub, self.store, self.presence, self.ticks)
        self.bell = Bell(self.hub, self.store, self.presence)
        self.watch = CallWatch(
            self.store,
            self.calls,
            self.ticks,
            self.clock,
            on_change=(
                self.bell.changed,
                self.call_news.changed,
                lambda call: self.duty_news.look(call.provider_id),
            ),
            on_tick=(self.call_news.ticked,),
        )
        self.own_calls = PartyCalls(self.calls, self.ticks)
        self.call_commands = CallCommands(self.own_calls, self.calls, self.ice, self.limiter)
        self.call_rounds = CallRounds(
            store=self.store,
            calls=self.calls,
            watch=self.watch,
            news=self.news,
            relays=self.relays,
            ticks=self.ticks,
            books=self.books,
            clock=self.clock,
        )

    def _ringing(self) -> None:
        self.blocks = Blocks(self.redis)
        self.offers = Offers(
            services=self.services,
            pricing=self.pricing,
            presence=self.presence,
            blocks=self.blocks,
            books=self.books,
            currency=self.settings.currency,
            clock=self.clock,
        )
        self.start = Start(
            offers=self.offers,
            relays=self.relays,
            store=self.store,
            calls=self.calls,
            books=self.books,
            presence=self.presence,
            limiter=self.limiter,
            clock=self.clock,
        )
        self.ringing_commands = RingingCommands(self.own_calls, self.start, self.limiter)
        self.ringing_api = RingingApi(self.offers, self.blocks, self.calls, self.clock)
        self.abandoned_calls = AbandonedCalls(self.watch, self.calls, self.presence, self.clock)

    def _disputes(self) -> None:
        self.disputes = Disputes(self.redis)
        self.holds = Holds(self.disputes, self.store, self.books, self.clock)
        self.decisions = Decisions(
            calls=self.calls,
            books=self.books,
            disputes=self.disputes,
            audit_log=self.audit_log,
            currency=self.settings.currency,
            clock=self.clock,
        )

    def _money(self) -> None:
        settings = self.settings
        self.wallet = Wallet(
            books=self.books, calls=self.calls, limiter=self.limiter, clock=self.clock
        )
        self.vouchers = Vouchers(
            books=self.books,
            accounts=self.accounts,
            calls=self.calls,
            secret=settings.relay_secret,
            clock=self.clock,
        )
        self.cards = (
            Cards(
                settings.cards,
                self.books,
                currency=settings.currency,
                base_url=settings.base_url,
                clock=self.clock,
            )
            if settings.cards
            else None
        )
        self.cards_api = CardsApi(
            stripe=self.cards,
            accounts=self.accounts,
            audit_log=self.audit_log,
            calls=self.calls,
            limiter=self.limiter,
            clock=self.clock,
        )
        self.payouts = Payouts(
            self.books, self.accounts, self.audit_log, settings.currency, self.clock
        )
        self.payouts_api = PayoutsApi(self.payouts, self.limiter)
        self.statements = Statements(self.books, settings.currency)
        self.statements_api = StatementsApi(self.statements, self.accounts)
        self.upkeep = Upkeep(self.books, self.holds.mend, self.clock)

    def _history(self) -> None:
        self.history = History(
            calls=self.calls,
            store=self.store,
            ticks=self.ticks,
            books=self.books,
            disputes=self.disputes,
            decisions=self.decisions,
            clock=self.clock,
        )
        self.history_api = HistoryApi(self.history)
        self.reports = Reports(
            store=self.disputes,
            decisions=self.decisions,
            history=self.history,
            calls=self.calls,
            call_store=self.store,
            limiter=self.limiter,
        )

    def _operator(self) -> None:
        self.live = LiveView(self.watch, self.relays, self.ticks, self.clock)
        self.found_people = FoundPeople(self.accounts, self.books)
        self.books_check = BooksCheck(self.books)

    def routes(self) -> tuple[Route, ...]:
        """The whole REST API."""
        return joined_routes(room.routes for room in self.rooms())

    def commands(self) -> Mapping[str, Command]:
        """All that can be asked over a socket."""
        return joined([PING, *(room.commands for room in self.rooms())])

    def rooms(self) -> tuple[Room, ...]:
        """The rows of all rooms, floor by floor: greetings are made in this order."""
        parts = (
            self.people,
            self.pricing_api,
            self.duty_news,
            self.services_api,
            self.call_news,
            self.call_commands,
            self.watch,
            self.call_rounds,
            self.bell,
            self.ringing_commands,
            self.ringing_api,
            self.abandoned_calls,
            self.wallet,
            self.vouchers,
            self.cards_api,
            self.payouts_api,
            self.statements_api,
            self.upkeep,
            self.history_api,
            self.reports,
            self.live,
            self.found_people,
            self.books_check,
        )
        return tuple(part.room() for part in parts)
