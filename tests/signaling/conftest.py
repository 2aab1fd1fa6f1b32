"""A whole site without a browser: web process, real books on a real Valkey, a real relay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import msgpack
import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer

import signaling.site
from mediasrv.client import RelayClient
from mediasrv.control import build_app
from mediasrv.relay import Relay, RelayConfig
from metering.audit.audit import audit
from metering.books import Books
from metering.calls.meter import Meter
from signaling.app import setup
from signaling.kernel.tasks import stop
from signaling.pricing.rules import Pricing
from signaling.relays.registry import RelayInfo
from signaling.relays.ticks import TICKS_CHANNEL
from signaling.settings import SignalingSettings
from tests.signaling.actors import Person
from tipmeet.processes.ticker import Ticker

SECRET = "relay secret"
SERVICE = {"title": "Chess lessons", "kind": "Teacher", "price": "0.60", "published": True}


class Clock:
    """The wall clock of the web process, which tests may put forward."""

    def __init__(self) -> None:
        self.ahead_ms = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.ahead_ms

    def advance(self, seconds: float) -> None:
        self.ahead_ms += int(seconds * 1000)


@dataclass
class Site:
    """What a test can reach."""

    parts: signaling.site.Site
    url: str
    clock: Clock
    app: web.Application
    stack: AsyncExitStack

    async def stranger(self) -> Person:
        """Somebody without an account."""
        return await self.stack.enter_async_context(Person(self.url))

    async def person(self, name: str, role: str, *, connected: bool = True) -> Person:
        """Somebody signed up and connected."""
        person = await self.stack.enter_async_context(Person(self.url))
        if role == "operator":
            email = f"{name}@example.org"
            await self.parts.accounts.create_user(email, "correct horse", name, "operator")
            body = {"email": email, "password": "correct horse"}
            person.user = (await person.api("POST", "/session", body))["user"]
        elif role == "guest":
            person.user = (await person.api("POST", "/guests", {"name": name}))["user"]
        else:
            await person.sign_up(name, role)
        return await person.connect() if connected else person

    async def again(self, person: Person) -> Person:
        """The same person in another tab."""
        other = await self.stack.enter_async_context(Person(self.url))
        other.http.cookie_jar.update_cookies(
            {cookie.key: cookie.value for cookie in person.http.cookie_jar}
        )
        other.user = person.user
        return await other.connect()

    async def client(self, name: str = "ann", money: str = "12.00") -> Person:
        """A client with money."""
        person = await self.person(name, "client")
        await self.give(person, money)
        return person

    async def provider(self, name: str = "bob", **service: Any) -> tuple[Person, str]:
        """A provider on duty with a published service, and the service's slug."""
        person = await self.person(name, "provider")
        made = await person.api("POST", "/services", SERVICE | service)
        await person.ask("duty.set", on=True)
        return person, made["service"]["slug"]

    async def left(self, person: Person) -> None:
        """The person closes the browser, and the server has noticed."""
        await person.disconnect()
        while self.parts.hub.of(person.user["id"]):
            await asyncio.sleep(0.01)

    async def later(self, seconds: float) -> None:
        """Time passes while everybody who is connected stays so."""
        people = self.parts.hub.people()
        await self.parts.presence.stamp(people, self.clock() + int(seconds * 1000))
        self.clock.advance(seconds)

    async def give(self, person: Person, money: str) -> None:
        micros = int(float(money) * 1_000_000)
        if micros:
            await self.parts.books.wallets.top_up(
                person.user["id"],
                micros,
                key=f"test:{person.user['id']}:{time.monotonic_ns()}",
                source="test",
                note="",
                now_ms=self.clock(),
            )

    async def ring(self, client: Person, slug: str, **changes: Any) -> str:
        """The client agrees to the price and calls; answers the call's id."""
        quote = await client.api("GET", f"/public/services/{slug}/quote")
        fields = {
            "service": slug,
            "tariff_hash": quote["quote"]["tariff"]["hash"],
            "consent": True,
            "audio": True,
            "video": True,
        }
        return str((await client.ask("call.start", **fields | changes))["call"]["id"])

    async def pricing(self, **changes: Any) -> Pricing:
        """Other rules for later calls."""
        return await self.parts.pricing.set(replace(await self.parts.pricing.get(), **changes))

    async def balanced(self) -> bool:
        """Whether the books are in order and nothing is held."""
        await self.parts.calls.idle()
        report = await audit(self.parts.books.partitions)
        assert report.problems == []
        return not await self.parts.books.calls.live()


class Reporter:
    """Says of a call what a relay would say, with the real meter behind it.

    For states that real media take long to reach; calls with real media are in
    test_calls_with_media.py.
    """

    def __init__(self, site: Site, relay_id: str, control_url: str) -> None:
        self.relay_id = relay_id
        self.control_url = control_url
        self._site = site
        self._meter = Meter(site.parts.books.partitions, relay_id)

    async def announce(self, *, draining: bool = False, participants: int = 0) -> None:
        info = RelayInfo(
            id=self.relay_id,
            control_url=self.control_url,
            calls=0,
            participants=participants,
            draining=draining,
            at_ms=self._site.clock(),
        )
        await self._site.parts.relays.announce(info)

    async def adopt(self, call_id: str) -> None:
        await self._meter.adopt(call_id, self._site.clock())

    async def tell(
        self, call_id: str, seconds: float, client: str = "flowing", provider: str = "flowing"
    ) -> None:
        """Charge what is proven by now and tell everybody."""
        [tick] = await self._meter.tick({call_id: int(seconds * 1000)}, self._site.clock())
        meter = tick._asdict()
        del meter["call_id"]
        message = {
            "call": call_id,
            "relay": self.relay_id,
            "at_ms": self._site.clock(),
            "meter": meter,
            "media": {"client": media(client), "provider": media(provider)},
        }
        await self._site.parts.redis.publish(TICKS_CHANNEL, msgpack.packb(message))


def media(state: str) -> dict[str, Any]:
    """One side's media as far as the web process reads them."""
    return {
        "state": state,
        "loss_in": 0.0,
        "loss_out": 0.01,
        "rtt_ms": 20,
        "bitrate_in_bps": 900_000,
        "bitrate_out_bps": 800_000,
    }


async def start_site(
    redis_client: redis.asyncio.Redis, clock: Clock, **changes: Any
) -> AsyncIterator[Site]:
    """A web process on a store; several may run at once. `changes` are to its settings."""
    settings = SignalingSettings(
        **{
            "base_url": "http://tipmeet.test",
            "relay_secret": SECRET,
            "password_memory_kib": 64,
            "password_rounds": 1,
            "ice_urls": ("stun:stun.example.org",),
        }
        | changes
    )
    async with AsyncExitStack() as stack, aiohttp.ClientSession() as http:
        parts = signaling.site.Site(
            settings=settings,
            redis=redis_client,
            books=Books(redis_client, partitions=8),
            relay_client=RelayClient(http, SECRET),
            clock=clock,
        )
        app = web.Application()
        setup(app, parts)
        server = TestServer(app)
        await server.start_server()
        await parts.news.ready.wait()
        url = f"http://127.0.0.1:{server.port}"
        try:
            yield Site(parts, url, clock, app, stack)
            await stack.aclose()
        finally:
            await server.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def site(redis_client: redis.asyncio.Redis, clock: Clock) -> AsyncIterator[Site]:
    async for started in start_site(redis_client, clock):
        yield started


@pytest.fixture
async def other_site(redis_client: redis.asyncio.Redis, clock: Clock) -> AsyncIterator[Site]:
    """A second web process on the same store."""
    async for started in start_site(redis_client, clock):
        yield started


@pytest.fixture
async def reporter(site: Site) -> AsyncIterator[Reporter]:
    """A relay that is alive, as far as its reports go; asked, it knows of no call."""

    async def nothing_to_hand_over(call_id: str, proof_ms: int) -> None:
        """It holds no proof that it has not told."""

    idle = Relay(RelayConfig(host="127.0.0.1", port=0))
    await idle.start()
    server = TestServer(build_app(idle, SECRET, before_close=nothing_to_hand_over))
    await server.start_server()
    reporter = Reporter(site, "r1", f"http://127.0.0.1:{server.port}")
    await reporter.announce()
    yield reporter
    await server.close()
    await idle.close()


@pytest.fixture
async def relay(site: Site) -> AsyncIterator[Relay]:
    """A real relay with its control API and ticker, announced under the id "real"."""
    relay = Relay(RelayConfig(host="127.0.0.1", port=0, announced=("127.0.0.1",)))
    ticker = Ticker(relay, Meter(site.parts.books.partitions, "real"), site.parts.redis, "real")
    app = build_app(relay, SECRET, before_close=ticker.before_close, before_join=ticker.before_join)
    await relay.start()
    server = TestServer(app)
    await server.start_server()

    async def announce() -> None:
        while True:
            totals = relay.totals()
            await site.parts.relays.announce(
                RelayInfo(
                    id="real",
                    control_url=f"http://127.0.0.1:{server.port}",
                    calls=totals.calls,
                    participants=totals.participants,
                    draining=totals.draining,
                    at_ms=site.clock(),
                )
            )
            announced.set()
            await asyncio.sleep(0.3)

    announced = asyncio.Event()
    tasks = [asyncio.create_task(announce()), asyncio.create_task(ticker.run())]
    await announced.wait()
    yield relay
    await stop(tasks)
    await server.close()
    await relay.close()
