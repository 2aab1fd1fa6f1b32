"""From an empty form to a public page, with the earnings in view and mistakes said beside them."""

from __future__ import annotations

import re

from playwright.async_api import Browser, expect

from tests.admin_web.platform import Platform


async def test_a_new_provider_signs_up_and_publishes_a_service(
    platform: Platform, browser: Browser
) -> None:
    profile = await platform.signed_in(
        browser,
        None,
        locale="en-GB",
        timezone_id="Asia/Tokyo",
        viewport={"width": 390, "height": 844},
    )
    page = await profile.new_page()
    await page.goto("/signup?role=provider")
    await page.get_by_label("Name").fill("Petra")
    await page.get_by_label("Email").fill("not an address")
    await page.get_by_label("Password").fill("correct horse")
    await page.get_by_role("button", name="Create the account").click()
    await expect(page.locator("#email-error")).to_contain_text("must have an @-sign")
    await expect(page.get_by_label("Email")).to_be_focused()
    await expect(page.get_by_label("Email")).to_have_attribute("aria-invalid", "true")
    await page.get_by_label("Email").fill("petra@example.org")
    await page.get_by_role("button", name="Create the account").click()

    await expect(page).to_have_url(re.compile("/services/new$"))
    await expect(page.get_by_label("Your time zone")).to_have_value("Asia/Tokyo")
    await page.get_by_label("Title").fill("Go")
    await page.get_by_label("Kind of activity").fill("Games")
    await page.get_by_label("Your price").fill("1000000")
    await expect(page.locator("#preview")).to_contain_text("outside what the platform allows")
    await page.get_by_label("Your price").fill("0.60")
    row = page.get_by_role("row", name=re.compile("^10 min"))
    await expect(row).to_contain_text("$6.00")
    await expect(row).to_contain_text("$5.10")  # after 15 % commission
    await expect(page.get_by_role("row", name=re.compile(r"^1 min \$"))).to_contain_text("$0.00")

    monday = page.get_by_role("group", name="Monday")
    await monday.get_by_role("button", name="Add hours").click()
    await expect(monday.get_by_label("Monday, from").nth(1)).to_be_focused()
    await expect(monday.get_by_label("Monday, from").nth(1)).to_have_value("18:00")
    await monday.get_by_role("button", name="Copy to all weekdays").click()
    friday = page.get_by_role("group", name="Friday")
    await expect(friday.get_by_label("Friday, to")).to_have_count(2)
    await friday.get_by_role("button", name="Friday: remove these hours").first.click()
    await expect(friday.get_by_role("button", name="Add hours")).to_be_focused()

    await page.get_by_role("button", name="Create the page").click()
    await expect(page.locator("#title-error")).to_contain_text("at least 3")
    await page.get_by_label("Title").fill("Go lessons")
    await page.get_by_role("button", name="Create the page").click()
    await expect(page.get_by_role("status").first).to_contain_text("Your page is ready")
    link = page.get_by_label("Link of the public page")
    await expect(link).to_have_value("http://tipmeet.test/s/go-lessons")

    service = await platform.parts.services.by_slug("go-lessons")
    assert service is not None
    assert service.price_micros == 600_000
    assert service.published
    assert service.hours["thu"] == [("09:00", "17:00"), ("18:00", "22:00")]
    assert service.hours["fri"] == [("18:00", "22:00")]
    assert service.hours["sat"] == []


async def test_overlapping_hours_are_refused_beside_the_hours(
    platform: Platform, browser: Browser
) -> None:
    provider = await platform.person("Petra", "provider")
    await platform.service(provider)
    [service] = await platform.parts.services.of_provider(provider.id)
    page = await (await platform.signed_in(browser, provider)).new_page()
    await page.goto(f"/services/{service.id}")
    monday = page.get_by_role("group", name="Monday")
    # Midnight as an end is the end of the day, there and back.
    await expect(monday.get_by_label("Monday, to").nth(1)).to_have_value("00:00")
    await monday.get_by_label("Monday, from").nth(1).fill("10:00")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#hours-editor-error")).to_contain_text("overlaps")
    await monday.get_by_label("Monday, from").nth(1).fill("13:00")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    saved = await platform.parts.services.owned(provider.id, service.id)
    assert saved.hours["mon"] == [("09:00", "12:30"), ("13:00", "24:00")]


async def test_deleting_asks_first(platform: Platform, browser: Browser) -> None:
    provider = await platform.person("Petra", "provider")
    slug = await platform.service(provider)
    [service] = await platform.parts.services.of_provider(provider.id)
    page = await (await platform.signed_in(browser, provider)).new_page()
    await page.goto(f"/services/{service.id}")
    await page.get_by_role("button", name="Delete the service").click()
    dialog = page.get_by_role("dialog", name="Delete this service?")
    await expect(dialog.get_by_role("button", name="Cancel")).to_be_focused()
    await page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    assert await platform.parts.services.by_slug(slug) is not None
    await page.get_by_role("button", name="Delete the service").click()
    await dialog.get_by_role("button", name="Delete", exact=True).click()
    await expect(page).to_have_url(re.compile("/services$"))
    assert await platform.parts.services.by_slug(slug) is None
