"""`tipmeet web`: pages, API, WebSocket in one process; run as many as needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import redis.asyncio
import structlog
from aiohttp import web

import admin_web
from mediasrv.client import RelayClient
from metering.books import Books
from signaling.money.cards.stripe_cards import CardSettings
from signaling.pricing.rules import Pricing
from signaling.settings import SignalingSettings
from signaling.site import Site
from tipmeet.processes.supervisor import until_signal
from tipmeet.redis_client import connect, connect_books
from tipmeet.settings import Settings, relay_secret

# For the rest of a body that nobody wants.
LINGERING_S = 5.0

log = structlog.get_logger("web")


def signaling_settings(settings: Settings) -> SignalingSettings:
    """The part of the settings the web side sees."""
    return SignalingSettings(
        base_url=settings.site_url,
        relay_secret=relay_secret(settings),
        secure_cookies=settings.site_url.startswith("https://"),
        currency=settings.currency,
        pricing=Pricing(
            commission_bps=settings.commission_bps,
            threshold_s=settings.threshold_s,
            min_minutes=settings.min_minutes,
            probe_limit_per_day=settings.probe_limit_per_day,
            ring_s=settings.ring_s,
            interrupted_s=settings.interrupted_s,
            on_hold_s=settings.on_hold_s,
        ),
        ice_urls=settings.ice_urls,
        turn_secret=settings.turn_secret,
        trusted_proxies=frozenset(settings.trusted_proxies),
        cards=card_settings(settings),
        session_ttl_s=settings.session_days * 86_400,
    )


def card_settings(settings: Settings) -> CardSettings | None:
    """Stripe's keys, where they are set."""
    if settings.stripe_secret_key is None or settings.stripe_webhook_secret is None:
        return None
    return CardSettings(
        secret_key=settings.stripe_secret_key,
        webhook_secret=settings.stripe_webhook_secret,
        api_base=settings.stripe_api_base,
    )


@asynccontextmanager
async def open_site(settings: Settings, redis_url: str) -> AsyncIterator[Site]:
    """Everything the web side works with, on the store at `redis_url`."""
    at_most = settings.store_connections
    client: redis.asyncio.Redis = connect(redis_url, at_most)
    money = connect_books(settings.books_url, at_most) if settings.books_url else client
    try:
        books = Books(money, currency=settings.currency)
        await books.partitions.load()
        async with aiohttp.ClientSession() as http:
            relay_client = RelayClient(http, relay_secret(settings))
            yield Site(
                settings=signaling_settings(settings),
                redis=client,
                books=books,
                relay_client=relay_client,
            )
    finally:
        await money.aclose()
        await client.aclose()


async def healthz(_request: web.Request) -> web.Response:
    """200 once the process serves; for supervisors and load balancers."""
    return web.Response(text="ok\n")


def make_runner(app: web.Application, *, idle_s: float) -> web.AppRunner:
    """Serves `app`; closes connections that bring no whole request head within `idle_s`.

    That time runs from the connection's beginning and from the end of each answer, however many
    bytes of a head trickle in. Open sockets have a heartbeat instead.
    """
    return web.AppRunner(app, access_log=None, keepalive_timeout=idle_s, lingering_time=LINGERING_S)


async def run_web(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM."""
    if settings.redis_url is None:
        raise ValueError("the web process needs --redis URL (tipmeet serve starts everything)")
    async with open_site(settings, settings.redis_url) as site:
        app = web.Application()
        app.router.add_get("/healthz", healthz)
        admin_web.setup(app, site)
        runner = make_runner(app, idle_s=settings.http_idle_s)
        await runner.setup()
        try:
            await web.TCPSite(runner, settings.web_host, settings.web_port).start()
            log.info("web ready", url=settings.site_url)
            await until_signal()
        finally:
            await runner.cleanup()
