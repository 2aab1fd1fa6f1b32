"""All that a request handler needs, made once per web process and handed around."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import web
from redis.asyncio import Redis

from mediasrv.client import RelayClient
from mediasrv.transport.turn import ice_servers
from metering.books import Books
from signaling.accounts import Accounts, User
from signaling.actions import Actions
from signaling.blocks import Blocks
from signaling.call_store import CallStore
from signaling.calls import Calls
from signaling.cards import Cards
from signaling.disputes import Disputes
from signaling.passwords import Passwords
from signaling.presence import Presence
from signaling.pricing import PricingStore
from signaling.rate_limit import RateLimiter
from signaling.relays import RelayRegistry
from signaling.services import Services
from signaling.sessions import Sessions
from signaling.settings import SignalingSettings
from signaling.tick_board import TickBoard


def wall_clock_ms() -> int:
    """Unix time in milliseconds."""
    return time.time_ns() // 1_000_000


@dataclass(frozen=True, kw_only=True)
class Context:
    """The parts of a web process. Make it with `create`."""

    settings: SignalingSettings
    redis: Redis
    books: Books
    relay_client: RelayClient
    clock: Callable[[], int]
    accounts: Accounts
    sessions: Sessions
    limiter: RateLimiter
    services: Services
    blocks: Blocks
    disputes: Disputes
    actions: Actions
    pricing: PricingStore
    presence: Presence
    relays: RelayRegistry
    store: CallStore
    calls: Calls
    ticks: TickBoard
    cards: Cards | None

    def ice_servers(self, name: str) -> list[dict[str, Any]]:
        """STUN and TURN servers for a person's browser, with credentials that expire."""
        settings = self.settings
        return ice_servers(settings.ice_urls, settings.turn_secret, name, self.clock() // 1000)

    @classmethod
    def create(
        cls,
        *,
        settings: SignalingSettings,
        redis: Redis,
        books: Books,
        relay_client: RelayClient,
        clock: Callable[[], int] = wall_clock_ms,
    ) -> Context:
        """Put the parts together; nothing is started and nothing is asked of the store yet."""
        passwords = Passwords(
            memory_kib=settings.password_memory_kib, rounds=settings.password_rounds
        )
        store = CallStore(redis)
        presence = Presence(redis)
        relays = RelayRegistry(redis)
        return cls(
            settings=settings,
            redis=redis,
            books=books,
            relay_client=relay_client,
            clock=clock,
            accounts=Accounts(redis, passwords, clock),
            sessions=Sessions(redis, settings.session_ttl_s),
            limiter=RateLimiter(redis),
            services=Services(redis, clock),
            blocks=Blocks(redis),
            disputes=Disputes(redis),
            actions=Actions(redis),
            pricing=PricingStore(redis, settings.pricing),
            presence=presence,
            relays=relays,
            store=store,
            calls=Calls(store, books, relays, relay_client, clock),
            ticks=TickBoard(),
            cards=_cards(settings, books, clock),
        )


def _cards(settings: SignalingSettings, books: Books, clock: Callable[[], int]) -> Cards | None:
    if settings.cards is None:
        return None
    return Cards(
        settings.cards,
        books,
        currency=settings.currency,
        base_url=settings.base_url,
        clock=clock,
    )


CONTEXT: web.AppKey[Context] = web.AppKey("context", Context)
USER: web.RequestKey[User] = web.RequestKey("user", User)


def context_of(request: web.Request) -> Context:
    """The process's context."""
    return request.app[CONTEXT]


def user_of(request: web.Request) -> User | None:
    """Who is signed in, as the session middleware found out."""
    return request.get(USER)
