"""Calls between two participants with real media and no browser, over the public API."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

from mediasrv.synthetic import SyntheticParticipant
from tests.e2e.conftest import OPERATOR, OPERATOR_PASSWORD, Site
from tipmeet.demo.visitor import Visitor, VisitorError, is_state

TIMEOUT_S = 120  # a loaded test machine, not the product
RETRY_S = 0.5


@dataclass
class Parties:
    """Everybody in one call that is live."""

    operator: Visitor
    provider: Visitor
    client: Visitor
    call: str
    media: dict[Visitor, SyntheticParticipant]
    stack: AsyncExitStack
    tick_s: float

    async def rejoin(self) -> None:
        """What both browsers do when their media stop: fresh transports for the same call."""
        for person in (self.client, self.provider):
            await self.media[person].close()
            async with asyncio.timeout(TIMEOUT_S):
                while True:
                    try:
                        await self.join(person)
                        break
                    except VisitorError:  # no relay is up again yet
                        await asyncio.sleep(RETRY_S)

    async def join(self, person: Visitor, timeout_s: float = TIMEOUT_S) -> None:
        media = SyntheticParticipant(video=False, decode=False, tick_s=self.tick_s)
        self.stack.push_async_callback(media.close)
        joined = await person.ask("media.join", call=self.call, offer=media.offer())
        await media.connect(joined["answer"], timeout_s=timeout_s)
        self.media[person] = media

    async def settled(self) -> dict[str, Any]:
        """The call with its receipt, as the client sees it."""
        while True:
            path = f"/api/calls/{self.call}"
            call: dict[str, Any] = (await self.client.api("GET", path))["call"]
            if call["receipt"] is not None:
                return call
            await self.client.wait_for(is_state("ended"), TIMEOUT_S, "the receipt")

    async def seconds(self, at_least: int) -> int:
        """Wait until this many seconds are proven; how many there are then."""
        event = await self.client.wait_for(
            lambda e: e["type"] == "call.meter" and e["meter"]["seconds"] >= at_least,
            TIMEOUT_S,
            "the meter",
        )
        return int(event["meter"]["seconds"])


async def sign_up(site: Site, role: str, stack: AsyncExitStack) -> tuple[Visitor, str]:
    """A new account with an open socket: the visitor and the account's id."""
    visitor = await stack.enter_async_context(Visitor(site.url))
    account = {
        "email": f"{secrets.token_hex(6)}@example.org",
        "password": secrets.token_urlsafe(12),
        "name": role.title(),
        "role": role,
    }
    user = (await visitor.api("POST", "/api/accounts", account))["user"]
    await visitor.connect()
    return visitor, user["id"]


async def credit(operator: Visitor, client_id: str, amount: str) -> None:
    path = f"/api/admin/users/{client_id}/credit"
    await operator.api("POST", path, {"amount": amount, "note": "test"}, key=secrets.token_hex(8))


def service(price: str) -> dict[str, Any]:
    """A service at this price per minute."""
    return {
        "title": "Short talks",
        "kind": "Law",
        "description": "",
        "qualifications": "",
        "languages": [],
        "time_zone": "UTC",
        "hours": {},
        "price": price,
        "period": "minute",
        "published": True,
    }


@asynccontextmanager
async def live_call(
    site: Site, *, price: str, money: str, tick_s: float = 0.01
) -> AsyncIterator[Parties]:
    """A call that has just become live, of a new client with this much money."""
    async with AsyncExitStack() as stack:
        operator = await stack.enter_async_context(Visitor(site.url))
        login = {"email": OPERATOR, "password": OPERATOR_PASSWORD}
        await operator.api("POST", "/api/session", login)
        provider, _ = await sign_up(site, "provider", stack)
        client, client_id = await sign_up(site, "client", stack)
        await credit(operator, client_id, money)
        slug = (await provider.api("POST", "/api/services", service(price)))["service"]["slug"]
        await provider.ask("duty.set", on=True)
        quote = (await client.api("GET", f"/api/public/services/{slug}/quote"))["quote"]
        assert quote["can_call"], quote
        started = await client.ask(
            "call.start",
            service=slug,
            tariff_hash=quote["tariff"]["hash"],
            consent=True,
            audio=True,
            video=False,
        )
        parties = Parties(operator, provider, client, started["call"]["id"], {}, stack, tick_s)
        await provider.wait_for(lambda e: e["type"] == "call.incoming", TIMEOUT_S, "the ring")
        await provider.ask("call.accept", call=parties.call)
        for person in (client, provider):
            await parties.join(person)
        await client.wait_for(is_state("live"), TIMEOUT_S, "the live call")
        yield parties
