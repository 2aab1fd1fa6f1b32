"""A provider who looks at their earnings stays on duty, hears who calls, and answers from there."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from tests.admin_web.lobby_world import World, make_world
from tests.admin_web.platform import Platform, now

ANNOUNCED = """() => {
  window.announced = [];
  const region = document.getElementById("announcer");
  new MutationObserver(() => window.announced.push(region.textContent))
    .observe(region, { childList: true, characterData: true, subtree: true });
}"""


@pytest.fixture
async def world(platform: Platform, browser: Browser) -> AsyncIterator[World]:
    made = await make_world(platform, browser)
    yield made
    await made.close()


async def call_from_the_lobby(world: World) -> Page:
    client = await world.page(world.client)
    await client.get_by_test_id("consent").check()
    await expect(client.get_by_test_id("call-button")).to_be_enabled()
    await client.get_by_test_id("call-button").click()
    return client


async def test_duty_goes_on_while_the_provider_looks_at_other_pages(world: World) -> None:
    parts = world.platform.parts
    page = await world.page(world.provider, "/console")
    await expect(page.locator("#duty-badge")).to_have_text("On duty")
    for path in ("/earnings", "/services", "/calls", "/services/new"):
        await page.goto(path)
        await expect(page.locator("#site-duty-text")).to_have_text("On duty")
        assert world.provider.id in parts.hub.people(), f"{path} keeps a line to the server"
        assert not await parts.presence.retire_unseen(now(world.platform))
    await call_from_the_lobby(world)
    ring = page.get_by_test_id("site-ring")
    await expect(ring).to_contain_text("Carla is calling · Tax advice · $0.60 per minute")
    await ring.get_by_role("link", name="Answer in the console").click()
    await expect(page.get_by_test_id("ring-card")).to_contain_text("Carla is calling")


async def test_the_switch_in_the_header_ends_duty_and_the_console_says_since_when(
    world: World,
) -> None:
    page = await world.page(world.provider, "/earnings")
    switch = page.get_by_test_id("site-duty-switch")
    await expect(switch).to_be_checked()
    await switch.uncheck()
    await expect(page.locator("#site-duty-text")).to_have_text("Off duty")
    await page.goto("/console")
    await expect(page.locator("#duty-text")).to_contain_text("Off duty since")
    await page.goto("/earnings")
    await page.get_by_test_id("site-duty-switch").click()
    await page.wait_for_url("**/console*")
    await expect(page.locator("#duty-badge")).to_have_text("On duty")


async def test_the_window_that_answers_is_not_told_that_another_one_did(world: World) -> None:
    here = await world.page(world.provider, "/console")
    there = await world.page(world.provider, "/console")
    for window in (here, there):
        await expect(window.locator("#duty-badge")).to_have_text("On duty")
        await window.evaluate(ANNOUNCED)
    await call_from_the_lobby(world)
    await expect(there.get_by_test_id("ring-card")).to_be_visible()
    await here.get_by_test_id("accept").click()
    await expect(here.get_by_test_id("hang-up")).to_be_visible()
    await there.wait_for_function("window.announced.includes('Answered in another window.')")
    assert "Answered in another window." not in await here.evaluate("window.announced")
