"""The limit a client types in the lobby is what the call page names and where the call ends."""

from __future__ import annotations

import msgpack
from playwright.async_api import Browser, Page, expect

from metering.calls.meter import Meter
from signaling.calls.events import Accepted
from signaling.relays.registry import RelayInfo
from signaling.relays.ticks import TICKS_CHANNEL
from tests.admin_web.platform import AN_HOUR_MS, Platform, now


async def ring_with_a_limit(page: Page, slug: str, typed: str) -> None:
    """From the lobby until it rings."""
    await page.goto(f"/call/{slug}")
    await page.get_by_test_id("consent").check()
    await page.locator("[data-part=cap-row] summary").click()
    await page.get_by_test_id("spending-cap").fill(typed)
    await page.get_by_test_id("call-button").click()
    await expect(page.get_by_test_id("cancel")).to_be_visible()


async def test_the_label_names_the_limit_and_the_receipt_says_it_was_reached(
    platform: Platform, browser: Browser
) -> None:
    parts = platform.parts
    provider = await platform.person("Petra", "provider")
    client = await platform.person("Carla", "client")
    await platform.give(client, 25_000_000)
    slug = await platform.service(provider)
    await platform.on_duty(provider)
    await parts.relays.announce(
        RelayInfo("r1", "http://127.0.0.1:9", 0, 0, False, now(platform) + AN_HOUR_MS)
    )
    profile = await platform.signed_in(browser, client, permissions=["microphone", "camera"])
    page = await profile.new_page()
    await ring_with_a_limit(page, slug, "1,25")
    call_id = await parts.presence.call_of(client.id)
    assert call_id is not None
    await parts.calls.apply(call_id, Accepted())
    label = page.locator("[data-part=charged-label]")
    await expect(label).to_have_text("Charged, at most $1.25")

    meter = Meter(parts.books.partitions, "r1")
    await meter.adopt(call_id, now(platform))

    async def tell(seconds: int) -> None:
        """What a relay says: both are heard, so many seconds are proven."""
        [tick] = await meter.tick({call_id: seconds * 1000}, now(platform))
        row = tick._asdict()
        del row["call_id"]
        side = {"state": "flowing", "loss_in": 0.0, "loss_out": 0.0, "rtt_ms": 9}
        side |= {"bitrate_in_bps": 1, "bitrate_out_bps": 1}
        message = {"call": call_id, "relay": "r1", "at_ms": now(platform), "meter": row}
        message |= {"media": {"client": side, "provider": side}}
        await parts.redis.publish(TICKS_CHANNEL, msgpack.packb(message))

    await tell(90)
    await expect(page.get_by_test_id("meter-charged")).to_have_text("$0.90")
    await tell(124)
    await expect(page.get_by_test_id("meter-charged")).to_have_text("$1.24")
    # The limit comes near: it is called a limit, counted down, and raised in the call.
    warning = page.locator("[data-part=warning]")
    await expect(warning).to_contain_text("Your limit of $1.25 for this call is reached in 0:01.")
    await expect(page.locator("[data-part=left-label]")).to_have_text("Until your limit")
    await expect(page.get_by_test_id("warning-limit")).to_be_visible()
    await expect(page.locator("[data-part=warning-top-up]")).to_be_hidden()
    await page.get_by_test_id("warning-limit").click()
    dialog = page.get_by_role("dialog", name="Raise the limit")
    await expect(dialog.get_by_label("Spend at most")).to_have_value("2.50")
    await dialog.get_by_label("Spend at most").fill("1")
    await dialog.get_by_role("button", name="Raise the limit").click()
    await expect(dialog).to_contain_text("Write an amount above $1.25.")
    await dialog.get_by_label("Spend at most").fill("1,30")
    await dialog.get_by_role("button", name="Raise the limit").click()
    await expect(dialog).to_be_hidden()
    await expect(label).to_have_text("Charged, at most $1.30")
    await expect(warning).to_be_hidden()
    await parts.calls.idle()
    await tell(127)
    await expect(page.get_by_test_id("meter-charged")).to_have_text("$1.27")
    await tell(140)
    over = page.get_by_test_id("receipt")
    await expect(over).to_contain_text("The spending limit of this call was reached.")
    await expect(over).to_contain_text("$1.30")
    receipt = await parts.books.calls.receipt(call_id)
    assert receipt is not None
    assert (receipt.charged_micros, receipt.reason) == (1_300_000, "spend_cap")
    await page.goto(f"/calls/{call_id}")
    await expect(page.get_by_text("The client's spending cap was reached")).to_be_visible()
    await profile.close()
