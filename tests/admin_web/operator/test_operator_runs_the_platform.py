"""The operator makes vouchers, gives credit, sets rules, watches and ends calls."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace

from playwright.async_api import Browser, expect

from tests.admin_web.platform import Platform


async def test_a_voucher_goes_from_the_operator_to_a_clients_wallet(
    platform: Platform, browser: Browser
) -> None:
    operator = await platform.person("Olga", "operator")
    client = await platform.person("Carla", "client")
    office = await (await platform.signed_in(browser, operator)).new_page()
    await office.goto("/admin/vouchers")
    await office.get_by_label("Amount of each").fill("abc")
    await office.get_by_role("button", name="Create").click()
    await expect(office.locator("#amount-error")).not_to_be_empty()
    await office.get_by_label("Amount of each").fill("5")
    await office.get_by_label("How many").fill("3")
    await office.get_by_label("Note").fill("Fair")
    await office.get_by_role("button", name="Create").click()
    area = office.get_by_label("Codes, one a line")
    await expect(area).to_have_value(re.compile(r"^\S+\n\S+\n\S+$"))
    codes = (await area.input_value()).split()
    assert len(set(codes)) == 3
    await expect(office.get_by_role("row", name=re.compile("Fair"))).to_have_count(3)
    async with office.expect_download() as download:
        await office.get_by_role("link", name="Download").click()
    path = await (await download.value).path()
    assert await asyncio.to_thread(path.read_text) == "\n".join(codes) + "\n"
    await office.goto("/admin/vouchers")
    await expect(office.get_by_role("row", name=re.compile("Fair"))).to_have_count(3)
    assert codes[0] not in await office.content(), "shown once"

    page = await (await platform.signed_in(browser, client)).new_page()
    await page.goto("/wallet")
    await page.get_by_label("Voucher code").fill("nonsense")
    await page.keyboard.press("Enter")
    await expect(page.locator("#code-error")).to_have_text("There is no voucher with this code.")
    await expect(page.locator(".form-error")).to_be_empty()
    await page.get_by_label("Voucher code").fill(codes[0].lower())
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("status").first).to_contain_text("You now have $5.00.")
    await expect(page.locator("#available")).to_have_text("$5.00")
    await expect(page.get_by_role("row", name=re.compile("Voucher"))).to_contain_text("+$5.00")


async def test_credit_is_given_by_name_and_shown_at_once(
    platform: Platform, browser: Browser
) -> None:
    operator = await platform.person("Olga", "operator")
    client = await platform.person("Carla", "client")
    page = await (await platform.signed_in(browser, operator)).new_page()
    await page.goto("/admin/users?query=carl")
    await page.get_by_role("button", name=re.compile("Credit.*Carla")).click()
    dialog = page.get_by_role("dialog", name="Credit to Carla")
    await expect(dialog.get_by_label("Amount")).to_be_focused()
    await page.keyboard.type("-4")
    await dialog.get_by_role("button", name="Credit").click()
    await expect(dialog.locator("#note-error")).to_have_text("Please fill this in.")
    await dialog.get_by_label("Note").fill("Sorry for the trouble")
    await dialog.get_by_role("button", name="Credit").click()
    await expect(dialog.locator("#amount-error")).to_have_text("An amount cannot be negative here.")
    await dialog.get_by_label("Amount").fill("12,50")
    await page.keyboard.press("Enter")
    await expect(dialog).to_be_hidden()
    await expect(page.get_by_role("row", name=re.compile("Carla"))).to_contain_text("$12.50")
    assert (await platform.parts.books.wallets.of(client.id)).available_micros == 12_500_000


async def test_rules_are_changed_with_their_effect_in_view(
    platform: Platform, browser: Browser
) -> None:
    operator = await platform.person("Olga", "operator")
    page = await (await platform.signed_in(browser, operator)).new_page()
    await page.goto("/admin/pricing")
    minute = page.get_by_role("row", name=re.compile("^5 min"))
    await expect(minute).to_have_text(re.compile(r"\$1\.50\s*\$1\.275\s*\$0\.225"))
    await page.get_by_label("Commission").fill("12.5")
    await page.get_by_label("When the call goes on").select_option("gift")
    await expect(minute).to_have_text(re.compile(r"\$1\.20\s*\$1\.05\s*\$0\.15"))
    await page.get_by_label("Commission").fill("200")
    await page.get_by_role("button", name="Save the rules").click()
    await expect(page.locator("#commission-error")).to_contain_text("10000")
    await page.get_by_label("Commission").fill("12.5")
    await page.get_by_label("Lowest price").fill("5")
    await page.get_by_label("Highest price").fill("4")
    await page.get_by_role("button", name="Save the rules").click()
    await expect(page.locator("#price_floor-error")).to_contain_text("above the cap")
    await page.get_by_label("Lowest price").fill("0.10")
    await page.get_by_role("button", name="Save the rules").click()
    await expect(page.get_by_role("status").first).to_contain_text("Saved.")
    pricing = await platform.parts.pricing.get()
    assert pricing.commission_bps == 1250
    assert pricing.threshold_mode == "gift"
    assert (pricing.price_floor_micros, pricing.price_cap_micros) == (100_000, 4_000_000)
    await page.get_by_label("Commission").fill("13")
    await page.get_by_role("button", name="Save the rules").click()
    await expect(page.get_by_role("status").filter(has_text="Saved.").first).to_be_visible()
    # Another operator was faster: told in words, and one click shows what is in force.
    await page.wait_for_function("() => document.querySelector('form').dataset.version === '3'")
    await platform.parts.pricing.set(replace(await platform.parts.pricing.get(), ring_s=77))
    await page.get_by_label("Commission").fill("14")
    await page.get_by_role("button", name="Save the rules").click()
    await expect(page.get_by_role("alert").first).to_contain_text("changed by somebody else")
    assert (await platform.parts.pricing.get()).commission_bps == 1300
    await page.get_by_role("link", name="Load the current rules").click()
    await expect(page.get_by_label("Ringing")).to_have_value("77")
    await expect(page.get_by_label("Commission")).to_have_value("13")


async def test_a_call_appears_by_itself_and_can_be_ended(
    platform: Platform, browser: Browser
) -> None:
    operator = await platform.person("Olga", "operator")
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    page = await (await platform.signed_in(browser, operator)).new_page()
    await page.goto("/admin")
    await expect(page.get_by_role("heading", name="No live session")).to_be_visible()
    await expect(page.get_by_role("link", name="The books reconcile")).to_be_visible()
    await expect(page.locator("#live-clock")).to_contain_text("updated")
    # A call whose caller has no page open is taken to be abandoned.
    caller = await (await platform.signed_in(browser, client)).new_page()
    async with caller.expect_websocket() as opened:
        await caller.goto(f"/call/{slug}")
    await (await opened.value).wait_for_event("framereceived")
    await platform.on_duty(provider)
    call_id = await platform.ring(client, slug)
    row = page.get_by_role("row", name=re.compile("Tax advice"))
    await expect(row).to_contain_text("Carla → Petra")
    await expect(row).to_contain_text("Ringing")
    await expect(page.locator("#announcer")).to_have_text("1 live session")
    await expect(page.get_by_role("list").filter(has_text="r1")).to_contain_text("Alive")
    await row.get_by_role("button", name="End the call of Carla with Petra").press("Enter")
    dialog = page.get_by_role("dialog", name="End this call?")
    await expect(dialog.get_by_role("button", name="Let it go on")).to_be_focused()
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="No live session")).to_be_visible()
    call = await platform.parts.calls.get(call_id)
    assert call.over
    assert str(call.reason) == "operator_ended"


async def test_the_books_are_shown_to_disagree_when_they_do(platform: Platform) -> None:
    operator = await platform.person("Olga", "operator")
    client = await platform.person("Carla", "client")
    await platform.give(client, 5_000_000)
    _status, text, _headers = await platform.get("/admin/audit", operator)
    assert "The books reconcile" in text
    async for place in platform.parts.redis.scan_iter(match="*:acct"):
        await platform.parts.redis.hincrby(place, f"cash:{client.id}", 1)
    _status, text, _headers = await platform.get("/admin/audit", operator)
    assert "The books do not reconcile" in text
