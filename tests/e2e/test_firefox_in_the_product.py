"""The product's own pages in Firefox: a paid call with somebody in Chromium, either way round.

In a network of its own (`python -m tests.network pytest …`): see there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.conftest import OPERATOR, OPERATOR_PASSWORD, Site, running_site
from tests.e2e.people import (
    MEDIA_STATS,
    PASSWORD,
    SLOW_MS,
    credit,
    go_on_duty,
    press_call,
    receipt_of,
    set_threshold,
    sign_in,
    sign_up,
    write_service,
)
from tests.firefox import Firefox, FirefoxPage, firefox
from tests.network import VARIABLE
from tests.prepare import find_firefox

FREE_S = 4
SEES_AND_HEARS = f"""(async () => {{
  const got = await ({MEDIA_STATS})();
  return got.video?.frames > 30 && got.audio?.packets > 100 && got.audio.energy > 0;
}})()"""

CHARGED = "/[1-9]/.test(document.querySelector('[data-testid=meter-charged]')?.innerText)"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A platform whose media Firefox can reach: it sends none to 127.0.0.1."""
    folder = tmp_path_factory.mktemp("site") / "var"
    with running_site(folder, announced=os.environ[VARIABLE]) as site:
        yield site


@pytest.fixture
async def fox() -> AsyncIterator[Firefox]:
    async with firefox(find_firefox()) as fox:
        yield fox


async def sign_up_in_firefox(fox: Firefox, url: str, role: str, name: str) -> FirefoxPage:
    page = await fox.open(f"{url}/signup")
    await page.click(f"input[name=role][value={role}]")
    for field, text in {
        "name": name,
        "email": f"{name.split(maxsplit=1)[0].lower()}@example.org",
        "password": PASSWORD,
    }.items():
        await page.fill(f"input[name={field}]", text)
    await page.click("form button[type=submit]")
    await page.wait_for("!location.pathname.startsWith('/signup')")
    return page


async def operator_with_a_short_free_time(browser: Browser, site: Site) -> Page:
    operator = await sign_in(browser, site.url, OPERATOR, OPERATOR_PASSWORD)
    await set_threshold(operator, FREE_S)
    return operator


async def chromium_sees_and_hears(page: Page) -> None:
    async with asyncio.timeout(SLOW_MS / 1000):
        while not await page.evaluate(f"() => {SEES_AND_HEARS}"):
            await asyncio.sleep(0.2)


async def test_a_client_in_firefox_calls_talks_and_pays(
    browser: Browser, fox: Firefox, site: Site
) -> None:
    operator = await operator_with_a_short_free_time(browser, site)
    _, provider = await sign_up(browser, site.url, "provider", "Petra Provider")
    slug = await write_service(provider, site.url, "Family law", "3.00")
    await go_on_duty(provider, site.url)
    client = await sign_up_in_firefox(fox, site.url, "client", "Felix Client")
    await credit(operator, "felix@example.org", "10.00")

    await client.goto(f"{site.url}/s/{slug}")
    await client.click(f'a[href="/call/{slug}"]')
    await client.click("[data-testid=device-start]")
    await client.click("[data-testid=consent]")
    await client.click("[data-testid=call-button]")
    await expect(provider.get_by_test_id("ring-card")).to_contain_text("Felix Client")
    await provider.get_by_test_id("accept").click()

    await client.wait_for(SEES_AND_HEARS)
    await chromium_sees_and_hears(provider)
    await client.wait_for(CHARGED)
    call = await client.evaluate("window.tipmeet.call")
    await client.click("[data-testid=cam-toggle]")
    await client.shows("[data-testid=cam-toggle]", "Camera on")
    await client.click("[data-testid=mic-toggle]")
    await client.shows("[data-testid=mic-toggle]", "Unmute")
    await client.click("[data-testid=hang-up]")
    await client.shows("[data-testid=receipt]")
    await expect(provider.get_by_test_id("receipt")).to_be_visible()
    receipt = (await receipt_of(provider, call))["receipt"]
    assert receipt["reason"] == "client_hung_up"
    assert receipt["connected_s"] > FREE_S
    assert receipt["charged_micros"] == receipt["connected_s"] * 50_000
    assert site.audit()["ok"]


async def test_a_provider_in_firefox_answers_and_earns(
    browser: Browser, fox: Firefox, site: Site
) -> None:
    operator = await operator_with_a_short_free_time(browser, site)
    _, setter = await sign_up(browser, site.url, "provider", "Frida Provider")
    slug = await write_service(setter, site.url, "Tax law", "3.00")
    await setter.close()
    provider = await fox.open(f"{site.url}/signin")
    await provider.fill("input[name=email]", "frida@example.org")
    await provider.fill("input[name=password]", PASSWORD)
    await provider.click("form button[type=submit]")
    await provider.wait_for("!location.pathname.startsWith('/signin')")
    await provider.goto(f"{site.url}/console")
    await provider.click("[data-testid=duty-switch]")
    await provider.shows("#duty-badge", "On duty")

    _, client = await sign_up(browser, site.url, "client", "Cora Client")
    await credit(operator, "cora@example.org", "10.00")
    await press_call(client, site.url, slug)
    await provider.shows("[data-testid=ring-card]", "Cora Client")
    await provider.click("[data-testid=accept]")

    await provider.wait_for(SEES_AND_HEARS)
    await chromium_sees_and_hears(client)
    await provider.wait_for(CHARGED)
    call = await client.evaluate("() => window.tipmeet.call")
    await provider.click("[data-testid=hang-up]")
    await provider.shows("[data-testid=receipt]")
    await expect(client.get_by_test_id("receipt")).to_be_visible()
    receipt = (await receipt_of(client, call))["receipt"]
    assert receipt["reason"] == "provider_hung_up"
    assert receipt["charged_micros"] == receipt["connected_s"] * 50_000
    assert site.audit()["ok"]
