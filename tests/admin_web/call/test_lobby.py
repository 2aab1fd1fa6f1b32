"""The lobby: price and consent before anything rings, and a reason in words whenever it cannot."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect

from signaling.services.catalogue import service_tariff
from tests.admin_web.lobby_world import World, make_world
from tests.admin_web.platform import Platform, now
from tests.browser import launch

# One browser for the whole file: starting one takes longer than a test.


@pytest.fixture
async def world(platform: Platform, browser: Browser) -> AsyncIterator[World]:
    made = await make_world(platform, browser)
    yield made
    await made.close()


async def look_again(page: Page) -> None:
    """What coming back to the tab does: the page asks for price, balance and duty again."""
    async with page.expect_response("**/quote"):
        await page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")


async def test_price_rule_and_balance_are_said_before_consent_and_the_button_follows_it(
    world: World,
) -> None:
    page = await world.page(world.client)
    await expect(page.get_by_test_id("lobby-price")).to_have_text("$0.60 per minute")
    await expect(page.get_by_test_id("lobby-rule")).to_have_text(
        "60 seconds to decide: hang up in time and pay nothing. "
        "Talk on and the call is charged from the first second."
    )
    await expect(page.get_by_test_id("lobby-balance")).to_have_text("$10.00")
    await expect(page.get_by_test_id("lobby-buys")).to_have_text("about 16 minutes of talk")
    [service] = await world.platform.parts.services.of_provider(world.provider.id)
    tariff = service_tariff(service, await world.platform.parts.pricing.get(), "USD")
    await expect(page.get_by_test_id("lobby-tariff")).to_have_text(
        f"Price version {tariff.version}, fingerprint {tariff.hash}"
    )
    button = page.get_by_test_id("call-button")
    await expect(page.get_by_test_id("lobby-problem")).to_have_text(
        "Tick the box to agree to the price."
    )
    await expect(button).to_be_disabled()
    await page.get_by_label("I agree to pay $0.60 per minute.").check()
    await expect(button).to_be_enabled()
    await expect(page.get_by_test_id("lobby-problem")).to_be_hidden()
    await page.get_by_test_id("consent").uncheck()
    await expect(button).to_be_disabled()


async def test_a_visitor_is_asked_to_sign_in_and_comes_back(world: World) -> None:
    page = await world.page(None)
    await expect(page.get_by_test_id("lobby-price")).to_be_visible()
    await expect(page.get_by_test_id("call-button")).to_be_hidden()
    link = page.get_by_test_id("lobby-sign-in")
    await expect(link).to_have_attribute("href", f"/signin?next=/call/{world.slug}")


async def test_too_little_money_names_the_sum_and_leads_to_the_wallet(world: World) -> None:
    poor = await world.platform.person("Paul", "client")
    page = await world.page(poor)
    problem = page.get_by_test_id("lobby-problem")
    await expect(problem).to_contain_text("1.20")  # two minutes
    await expect(problem.get_by_role("link")).to_have_attribute(
        "href", f"/wallet?next=%2Fcall%2F{world.slug}"
    )
    await expect(page.get_by_test_id("call-button")).to_be_disabled()


async def test_a_provider_going_off_and_on_duty_is_noticed_by_the_page(world: World) -> None:
    parts = world.platform.parts
    await parts.presence.set_duty(world.provider.id, False, now(world.platform))
    page = await world.page(world.client)
    await expect(page.get_by_test_id("lobby-problem")).to_contain_text("Petra is off duty.")
    await world.platform.on_duty(world.provider)
    await look_again(page)
    await expect(page.get_by_test_id("lobby-problem")).to_have_text(
        "Tick the box to agree to the price."
    )


async def test_ones_own_service_cannot_be_called(world: World) -> None:
    page = await world.page(world.provider)
    problem = page.get_by_test_id("lobby-problem")
    await expect(problem).to_contain_text("This is your own service.")
    await expect(problem.get_by_role("link")).to_have_attribute("href", "/console")


async def test_a_limit_that_is_no_amount_is_refused_in_words(world: World) -> None:
    page = await world.page(world.client)
    await page.get_by_test_id("consent").check()
    await page.get_by_text("Set a limit for this call").click()
    await page.get_by_test_id("spending-cap").fill("a lot")
    await expect(page.get_by_test_id("lobby-problem")).to_have_text(
        "The limit for this call is not an amount of money."
    )
    await page.get_by_test_id("spending-cap").fill("2,50")
    await expect(page.get_by_test_id("call-button")).to_be_enabled()


async def test_a_price_that_changed_needs_a_new_consent(world: World) -> None:
    page = await world.page(world.client)
    await page.get_by_test_id("consent").check()
    await world.change_service(price="0.90")
    await look_again(page)
    await expect(page.get_by_test_id("lobby-price")).to_have_text("$0.90 per minute")
    await expect(page.get_by_test_id("lobby-problem")).to_have_text(
        "The price has changed. Read it again and tick the box."
    )
    await expect(page.get_by_test_id("call-button")).to_be_disabled()


async def test_a_refused_microphone_is_explained_with_the_steps_to_allow_it(world: World) -> None:
    async with async_playwright() as playwright:
        deny = await launch(playwright, "--use-fake-ui-for-media-stream=deny")
        refusing = World(world.platform, deny, world.provider, world.client, world.slug)
        page = await refusing.page(world.client)
        notice = page.get_by_test_id("mic-notice")
        await expect(notice).to_contain_text("This page may not use your microphone")
        await expect(notice).to_contain_text("Press the icon left of the address")
        await expect(notice.get_by_role("button", name="Try again")).to_be_visible()
        await expect(page.get_by_test_id("call-button")).to_be_disabled()
        # The provider's console does not go on duty without one.
        await world.platform.parts.presence.set_duty(world.provider.id, False, now(world.platform))
        console = await refusing.page(world.provider, "/console")
        await console.get_by_test_id("duty-switch").click()
        await expect(console.locator("#duty-error")).to_contain_text("you are not on duty yet")
        await expect(console.get_by_test_id("duty-switch")).not_to_be_checked()
        await refusing.close()
        await deny.close()


async def test_without_a_camera_the_call_goes_on_with_sound(world: World) -> None:
    page = await world.page(None, "/")
    await page.context.add_init_script(
        """
        const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = (wanted) => wanted.video
          ? Promise.reject(new DOMException("Permission denied", "NotAllowedError"))
          : real(wanted);
        """
    )
    await page.context.add_cookies(
        await (await world.platform.signed_in(world.browser, world.client)).cookies()
    )
    await page.goto(f"/call/{world.slug}")
    await expect(page.get_by_test_id("camera-notice")).to_have_text(
        "This page may not use your camera. The call goes on with sound only."
    )
    await page.get_by_test_id("consent").check()
    await expect(page.get_by_test_id("call-button")).to_be_enabled()
