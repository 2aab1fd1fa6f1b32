"""A statement of any period: chosen by day or month, page by page, exact, and as a file."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime

from playwright.async_api import Browser, expect

from tests.admin_web.platform import Platform

NOVEMBER = datetime(2025, 11, 10, tzinfo=UTC)
MANY = 103


async def test_a_client_picks_a_period_and_takes_it_along_as_csv(
    platform: Platform, browser: Browser
) -> None:
    client = await platform.person("Carla", "client")
    at_ms = int(NOVEMBER.timestamp() * 1000)
    for number in range(MANY):
        await platform.parts.books.wallets.top_up(
            client.id, 10_000, key=f"k{number}", source="test", note=f"No {number}", now_ms=at_ms
        )
    await platform.give(client, 5_000_000)
    profile = await platform.signed_in(browser, client, timezone_id="America/New_York")
    page = await profile.new_page()
    await page.goto("/wallet")
    await expect(page.get_by_test_id("opening")).to_have_text("$0.00")
    await expect(page.get_by_test_id("closing")).to_have_text("$6.03")
    await page.get_by_role("link", name="Older entries").click()
    await expect(page.get_by_role("row", name=re.compile("No 0"))).to_be_visible()
    await expect(page.get_by_role("link", name="Older entries")).to_have_count(0)
    await page.get_by_role("link", name="Newest entries").click()
    await expect(page.get_by_role("row", name=re.compile("Gift"))).to_be_visible()

    # Ten in the evening of the 9th in New York is the 10th in UTC.
    await page.get_by_label("From", exact=True).fill("2025-11-09")
    await page.get_by_label("To", exact=True).fill("2025-11-09")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("closing")).to_have_text("$1.03")
    await expect(page.get_by_label("From", exact=True)).to_have_value("2025-11-09")
    await expect(page.get_by_label("To", exact=True)).to_have_value("2025-11-09")
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Download CSV").click()
    path = await (await download.value).path()
    lines = (await asyncio.to_thread(path.read_text)).splitlines()
    assert len(lines) == 1 + MANY

    await page.get_by_role("button", name="This month").click()
    await expect(page.get_by_test_id("opening")).to_have_text("$1.03")
    await expect(page.get_by_role("button", name="This month")).to_have_attribute(
        "aria-pressed", "true"
    )
    await page.get_by_role("button", name="Last month").click()
    await expect(page.get_by_text("Nothing in this time.")).to_be_visible()
    await expect(page.get_by_test_id("opening")).to_have_text("$1.03")
    await page.get_by_label("To", exact=True).fill("2020-01-01")
    await page.get_by_role("button", name="Show").click()
    await expect(page.get_by_role("alert").filter(has_text="ends before")).to_be_visible()


async def test_the_operator_opens_anybodys_statement_and_the_platforms_own(
    platform: Platform, browser: Browser
) -> None:
    operator = await platform.person("Olga", "operator")
    client = await platform.person("Carla", "client")
    provider = await platform.person("Petra", "provider")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    await platform.talk(client, slug, 300)
    page = await (await platform.signed_in(browser, operator)).new_page()
    await page.goto("/admin/users")
    await page.get_by_role("link", name="Carla").click()
    await expect(page.get_by_test_id("closing")).to_have_text("$22.00")
    await expect(page.get_by_role("row", name=re.compile("The client hung up"))).to_contain_text(
        "−$3.00"
    )
    await page.get_by_role("button", name="Credit").click()
    await page.get_by_role("dialog", name="Credit to Carla").get_by_label("Amount").fill("1")
    await page.keyboard.press("Escape")
    await page.goto(f"/admin/users/{provider.id}")
    await expect(page.get_by_test_id("closing")).to_have_text("$2.55")
    await page.goto("/admin/audit")
    await page.get_by_role("link", name="The platform's account").click()
    await expect(page.get_by_test_id("closing")).to_have_text("$0.45")
    await page.get_by_role("link", name="In and out").click()
    await expect(page.get_by_test_id("closing")).to_have_text("−$25.00")
