"""A whole web process on a real store, with people, a service and a settled call to look at.

No relay runs: what the pages show of media is tested with real media in tests/e2e.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from multidict import CIMultiDictProxy
from playwright.async_api import Browser, BrowserContext

import admin_web
from mediasrv.client import RelayClient
from metering.books import Books
from metering.calls.meter import Meter
from signaling.calls.events import Accepted, HungUp
from signaling.kernel.http.identity import COOKIE, User
from signaling.money.cards.stripe_cards import CardSettings
from signaling.pricing.rules import Pricing
from signaling.relays.registry import RelayInfo
from signaling.ringing.start import CallRequest
from signaling.services.inputs import ServiceInput
from signaling.settings import SignalingSettings
from signaling.site import Site

PASSWORD = "correct horse"
AN_HOUR_MS = 3_600_000
PATIENCE_MS = 60_000  # for a loaded test machine, not for the product
Headers = CIMultiDictProxy[str]


@dataclass
class Platform:
    """What a test can reach."""

    parts: Site
    url: str

    async def person(self, name: str, role: str) -> User:
        """Somebody with an account: <first name>@example.org."""
        email = f"{name.split(maxsplit=1)[0].lower()}@example.org"
        return await self.parts.accounts.create_user(email, PASSWORD, name, role)  # type: ignore[arg-type]

    async def give(self, client: User, micros: int) -> None:
        """Money in the wallet."""
        await self.parts.books.wallets.top_up(
            client.id, micros, key=f"gift-{client.id}", source="test", note="Gift", now_ms=now(self)
        )

    async def service(self, provider: User, title: str = "Tax advice", price: str = "0.60") -> str:
        """A published service's slug."""
        body = ServiceInput.model_validate(
            {
                "title": title,
                "kind": "Tax",
                "description": "I read the letter of the tax office with you.",
                "qualifications": "Tax adviser since 2009",
                "languages": ["en", "Deutsch"],
                "time_zone": "Europe/Berlin",
                "hours": {
                    "mon": [["09:00", "12:30"], ["14:00", "24:00"]],
                    "tue": [["09:00", "17:00"]],
                },
                "price": price,
                "published": True,
            }
        )
        pricing = await self.parts.pricing.get()
        service = await self.parts.services.create(provider, body.draft(pricing, "USD"))
        return service.slug

    async def on_duty(self, provider: User) -> None:
        """As if the console was open and switched on, however long the test takes."""
        await self.parts.presence.set_duty(provider.id, True, now(self) + AN_HOUR_MS)

    async def ring(self, client: User, slug: str) -> str:
        """A ringing call's id."""
        info = RelayInfo("r1", "http://127.0.0.1:9", 0, 0, False, now(self) + AN_HOUR_MS)
        await self.parts.relays.announce(info)
        offered = await self.parts.offers.terms(client, slug)
        call = await self.parts.start.ring(
            client, CallRequest(slug, offered.quote.tariff.hash, consent=True)
        )
        return call.id

    async def talk(self, client: User, slug: str, seconds: int) -> str:
        """A call that was proven for so long, then ended by the client; settled."""
        call_id = await self.ring(client, slug)
        await self.parts.calls.apply(call_id, Accepted())
        meter = Meter(self.parts.books.partitions, "test")
        await meter.adopt(call_id, now(self))
        await meter.tick({call_id: seconds * 1000}, now(self))
        await self.parts.calls.apply(call_id, HungUp("client"))
        await self.parts.calls.idle()
        return call_id

    async def window_over(self) -> None:
        """Earnings until now are available, as after the dispute window."""
        later_ms = now(self) + (self.parts.books.earnings.dispute_window_s + 60) * 1000
        await self.parts.books.earnings.release(now_ms=later_ms)

    async def get(
        self, path: str, user: User | None = None, **headers: str
    ) -> tuple[int, str, Headers]:
        """Status, text and headers of a page, redirects not followed."""
        cookies = {COOKIE: await self.parts.sessions.create(user.id)} if user else {}
        async with (
            aiohttp.ClientSession(cookies=cookies) as http,
            http.get(f"{self.url}{path}", headers=headers, allow_redirects=False) as answer,
        ):
            return answer.status, await answer.text(), answer.headers

    async def signed_in(
        self, browser: Browser, user: User | None, **options: object
    ) -> BrowserContext:
        """A browser profile of this person."""
        profile = await browser.new_context(base_url=self.url, **options)  # type: ignore[arg-type]
        profile.set_default_timeout(PATIENCE_MS)
        if user is not None:
            token = await self.parts.sessions.create(user.id)
            await profile.add_cookies([{"name": COOKIE, "value": token, "url": self.url}])
        return profile


def now(platform: Platform) -> int:
    return platform.parts.clock()


@asynccontextmanager
async def running(
    store: redis.asyncio.Redis, *, cards: CardSettings | None = None
) -> AsyncIterator[Platform]:
    """The platform, until the block ends."""
    settings = SignalingSettings(
        base_url="http://tipmeet.test",
        relay_secret="relay secret",
        # Nothing rings out while a slow browser is on its way to the button.
        pricing=Pricing(ring_s=600),
        password_memory_kib=64,
        password_rounds=1,
        cards=cards,
    )
    async with aiohttp.ClientSession() as http:
        parts = Site(
            settings=settings,
            redis=store,
            books=Books(store),
            relay_client=RelayClient(http, "relay secret"),
        )
        app = web.Application()
        admin_web.setup(app, parts)
        async with TestServer(app) as server:
            yield Platform(parts, f"http://127.0.0.1:{server.port}")
