"""A provider with a service, a client with money, and their pages."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import Browser, BrowserContext, Page

from signaling.kernel.http.identity import User
from signaling.relays.registry import RelayInfo
from tests.admin_web.platform import AN_HOUR_MS, Platform

CHANGE_SERVICE = """async ([id, changes]) => {
  const { service } = await (await fetch(`/api/services/${id}`)).json();
  const input = { ...service, ...changes };
  for (const key of ["id", "slug", "url", "price_micros", "provider_id"]) delete input[key];
  const headers = { "Content-Type": "application/json" };
  const answer = await fetch(`/api/services/${id}`, {
    method: "PUT", headers, body: JSON.stringify(input),
  });
  return answer.status;
}"""


@dataclass
class World:
    """Who and what there is; `page` opens their browsers, `close` shuts them."""

    platform: Platform
    browser: Browser
    provider: User
    client: User
    slug: str
    contexts: list[BrowserContext] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    async def page(self, user: User | None, path: str | None = None) -> Page:
        """A page of this person; of the call page when no path is given."""
        context = await self.platform.signed_in(self.browser, user)
        self.contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        await page.goto(path or f"/call/{self.slug}")
        return page

    async def change_service(self, **changes: object) -> None:
        """As the provider's editor does it."""
        [service] = await self.platform.parts.services.of_provider(self.provider.id)
        page = await self.page(self.provider, "/services")
        status = await page.evaluate(CHANGE_SERVICE, [service.id, changes])
        assert status == 200

    async def close(self) -> None:
        for context in self.contexts:
            await context.close()
        assert not self.problems


async def make_world(platform: Platform, browser: Browser, *, price: str = "0.60") -> World:
    """On duty, 10.00 in the wallet, a relay that is free (and carries nothing here)."""
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 10_000_000)
    slug = await platform.service(provider, price=price)
    await platform.on_duty(provider)
    # Far in the future: it counts as alive however long the test takes.
    alive = RelayInfo("r1", "http://127.0.0.1:9", 0, 0, False, platform.parts.clock() + AN_HOUR_MS)
    await platform.parts.relays.announce(alive)
    return World(platform, browser, provider, client, slug)
