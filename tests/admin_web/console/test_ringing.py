"""Ringing: the console shows who calls and what they can pay, and either side can end it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.admin_web.lobby_world import World, make_world
from tests.admin_web.platform import Platform

# One browser for the whole file: starting one takes longer than a test.


@pytest.fixture
async def world(platform: Platform, browser: Browser) -> AsyncIterator[World]:
    made = await make_world(platform, browser)
    yield made
    await made.close()


async def press_call(page: Page) -> None:
    await page.get_by_test_id("consent").check()
    await expect(page.get_by_test_id("call-button")).to_be_enabled()
    await page.get_by_test_id("call-button").click()
    await expect(page.get_by_role("heading", name="Ringing Petra…")).to_be_visible()


async def open_console(world: World) -> Page:
    """The console, on duty."""
    console = await world.page(world.provider, "/console")
    await expect(console.locator("#duty-badge")).to_have_text("On duty")
    return console


async def accessible(page: Page) -> None:
    """axe-core finds nothing on what is shown now."""
    results = await Axe().run(page)
    found = [violation["id"] for violation in results.response["violations"]]
    assert not found, results.generate_report()


async def test_the_card_tells_who_calls_and_what_they_can_pay_and_d_declines(world: World) -> None:
    console = await open_console(world)
    client = await world.page(world.client)
    await press_call(client)
    card = console.get_by_test_id("ring-card")
    await expect(card).to_contain_text("Carla is calling")
    await expect(card).to_contain_text("Tax advice · $0.60 per minute")
    await expect(card).to_contain_text("Can pay for 16 minutes.")
    # The title blinks between the caller and the page's own.
    await console.wait_for_function("document.title.includes('Carla is calling')")
    await accessible(console)
    await accessible(client)
    await console.keyboard.press("d")
    await expect(card).to_have_count(0)
    await expect(client.locator("#over")).to_contain_text("Petra declined the call.")
    await expect(client.locator("#over")).to_contain_text("Nothing was charged.")
    await client.get_by_role("button", name="Call again").click()
    await expect(client.get_by_test_id("call-button")).to_be_enabled()


async def test_a_cancelled_call_stops_ringing_and_is_listed_as_missed(world: World) -> None:
    console = await open_console(world)
    await expect(console.locator("#missed-none")).to_be_visible()
    client = await world.page(world.client)
    await press_call(client)
    await expect(console.get_by_test_id("ring-card")).to_be_visible()
    await client.get_by_test_id("cancel").click()
    await expect(client.locator("#over")).to_contain_text("You cancelled the call.")
    await expect(console.get_by_test_id("ring-card")).to_have_count(0)
    await expect(console.locator("#missed")).to_contain_text("Carla")
    await expect(console.locator("#missed")).to_contain_text("stopped calling")


async def test_a_reload_on_either_side_goes_on_ringing_even_of_a_service_hidden_meanwhile(
    world: World,
) -> None:
    console = await open_console(world)
    client = await world.page(world.client)
    await press_call(client)
    await expect(console.get_by_test_id("ring-card")).to_be_visible()
    await world.change_service(published=False)
    await console.reload()
    await client.reload()
    await expect(client.get_by_role("heading", name="Ringing Petra…")).to_be_visible()
    await expect(console.get_by_test_id("ring-card")).to_contain_text("Carla is calling")


async def test_a_guest_calls_a_free_service_with_just_a_name(world: World) -> None:
    free = await world.platform.service(world.provider, "Free hour", "0")
    console = await open_console(world)
    guest = await world.page(None, f"/call/{free}")
    await expect(guest.get_by_test_id("lobby-price")).to_have_text("Free of charge")
    await expect(guest.get_by_test_id("lobby-problem")).to_contain_text("fill in your name")
    await guest.get_by_test_id("guest-name").fill("Gus Guest")
    await guest.get_by_test_id("call-button").click()
    await expect(console.get_by_test_id("ring-card")).to_contain_text("Gus Guest is calling")
    await expect(console.get_by_test_id("ring-card")).to_contain_text("This call is free.")


async def test_the_switch_takes_the_provider_off_duty(world: World) -> None:
    console = await open_console(world)
    await console.get_by_test_id("duty-switch").uncheck()
    await expect(console.locator("#duty-badge")).to_have_text("Off duty")
    client = await world.page(world.client)
    await expect(client.get_by_test_id("lobby-problem")).to_contain_text("Petra is off duty.")
    await accessible(console)
    await accessible(client)
