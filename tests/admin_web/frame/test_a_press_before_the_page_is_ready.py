"""On a slow line a page is seen before its scripts have come: what is pressed then is not lost."""

from __future__ import annotations

import asyncio
import re

from playwright.async_api import Browser, Page, Route, expect

from tests.admin_web.platform import Platform


async def hold_back(page: Page, script: str) -> asyncio.Event:
    """The script comes when the event is set."""
    come = asyncio.Event()

    async def later(route: Route) -> None:
        await come.wait()
        await route.continue_()

    await page.route(script, later)
    return come


async def test_a_form_sent_too_early_is_sent_when_its_script_has_come(
    platform: Platform, browser: Browser
) -> None:
    client = await platform.person("Carla", "client")
    operator = await platform.person("Olga", "operator")
    [code] = await platform.parts.books.vouchers.create(
        5_000_000, 1, expires_at_ms=None, note="", created_by=operator.id, now_ms=1
    )
    page = await (await platform.signed_in(browser, client)).new_page()
    come = await hold_back(page, "**/wallet.js")
    await page.goto("/wallet", wait_until="commit")
    await page.get_by_label("Voucher code").fill(code)
    await page.keyboard.press("Enter")
    button = page.get_by_role("button", name="Add to my balance")
    await expect(button).to_have_attribute("aria-busy", "true")
    await button.click()  # an impatient second press is the same request
    come.set()
    await expect(page.get_by_role("status").first).to_contain_text("You now have $5.00.")
    await expect(page.locator("#available")).to_have_text("$5.00")
    assert (await platform.parts.books.wallets.of(client.id)).available_micros == 5_000_000


async def test_a_button_pressed_too_early_does_its_work_when_the_script_has_come(
    platform: Platform, browser: Browser
) -> None:
    await platform.person("Carla", "client")
    operator = await platform.person("Olga", "operator")
    page = await (await platform.signed_in(browser, operator)).new_page()
    come = await hold_back(page, "**/users.js")
    await page.goto("/admin/users", wait_until="commit")
    await page.get_by_role("button", name=re.compile("Credit.*Carla")).click()
    come.set()
    await expect(page.get_by_role("dialog", name="Credit to Carla")).to_be_visible()


async def test_pressing_on_while_the_next_page_loads_makes_no_second_service(
    platform: Platform, browser: Browser
) -> None:
    provider = await platform.person("Petra", "provider")
    page = await (await platform.signed_in(browser, provider)).new_page()
    await page.goto("/services/new")
    await page.get_by_label("Title").fill("Tax advice")
    await page.get_by_label("Kind of activity").fill("Tax")
    await page.get_by_label("Your price").fill("0.60")
    # Somebody very impatient, until the next page is there.
    await page.evaluate(
        "() => setInterval(() => document.querySelector('#service [type=submit]').click(), 5)"
    )
    await expect(page.get_by_role("status").first).to_contain_text("Your page is ready")
    assert len(await platform.parts.services.of_provider(provider.id)) == 1
