"""The main job in two real Chromium pages: from an empty site to the receipt, to the micro-unit."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from playwright.async_api import Browser, Page, expect

from metering.tariff import Tariff, charge_micros, provider_micros
from tests.e2e.conftest import OPERATOR, OPERATOR_PASSWORD, THRESHOLD_S, Site
from tests.e2e.people import (
    SLOW_MS,
    credit,
    earned,
    go_on_duty,
    media,
    press_call,
    receipt_of,
    set_threshold,
    sign_in,
    sign_up,
    wallet,
    write_service,
)

PRICE = "0.90"
TOP_UP_MICROS = 10_000_000


async def start_call(
    browser: Browser, site: Site, names: tuple[str, str], title: str, *, threshold_s: int
) -> tuple[Page, Page, str]:
    """A new provider on duty, a new client with money, and the call between them accepted."""
    operator = await sign_in(browser, site.url, OPERATOR, OPERATOR_PASSWORD)
    await set_threshold(operator, threshold_s)
    _, provider = await sign_up(browser, site.url, "provider", names[0])
    slug = await write_service(provider, site.url, title, PRICE)
    await go_on_duty(provider, site.url)
    _, client = await sign_up(browser, site.url, "client", names[1])
    await credit(operator, f"{names[1].split()[0].lower()}@example.org", "10.00")
    await press_call(client, site.url, slug)
    ring = provider.get_by_test_id("ring-card")
    await expect(ring).to_contain_text(names[1], timeout=SLOW_MS)
    await expect(ring).to_contain_text("11 min")  # 10.00 at 0.90 a minute
    await provider.get_by_test_id("accept").click()
    for page in (client, provider):
        free = page.get_by_test_id("meter-free")
        await expect(free).to_contain_text("to decide", timeout=SLOW_MS)
    call_id = await client.evaluate("() => window.tipmeet.call")
    assert isinstance(call_id, str)
    return client, provider, call_id


def tariff_of(call: dict[str, object]) -> Tariff:
    shown = call["tariff"]
    assert isinstance(shown, dict)
    return Tariff(
        currency=shown["currency"],
        price_micros=shown["price_micros"],
        period_s=shown["period_s"],
        threshold_s=shown["threshold_s"],
        threshold_mode=shown["threshold_mode"],
        initial_s=shown["increments"][0],
        increment_s=shown["increments"][1],
        commission_bps=shown["commission_bps"],
        min_minutes=2,
        version=shown["version"],
    )


def enough(got: dict[str, Any]) -> bool:
    """A second or two of picture and sound have been decoded."""
    frames = got.get("video", {}).get("frames") or 0
    packets = got.get("audio", {}).get("packets") or 0
    return frames > 30 and packets > 100


async def both_see_and_hear(client: Page, provider: Page) -> None:
    """Each side decodes pictures and receives sound, without a packet lost."""
    for page in (client, provider):
        got = await media(page)
        async with asyncio.timeout(SLOW_MS / 1000):
            while not enough(got):
                await asyncio.sleep(0.2)
                got = await media(page)
        assert got["video"]["lost"] == 0, got
        assert got["audio"]["lost"] == 0, got
        assert (got["video"]["width"], got["video"]["height"]) == (640, 480), got
        assert got["audio"]["energy"] > 0, got


async def test_a_call_past_the_threshold_is_paid_from_its_first_second(
    browser: Browser, site: Site
) -> None:
    client, provider, call_id = await start_call(
        browser, site, ("Paula Provider", "Carl Client"), "Contract law", threshold_s=THRESHOLD_S
    )
    await both_see_and_hear(client, provider)
    for page in (client, provider):
        # The change from free to charged, then money on screen, every second.
        await expect(page.get_by_test_id("meter-charged")).to_contain_text(re.compile("[1-9]"))
        elapsed = page.get_by_test_id("meter-elapsed")
        await expect(elapsed).not_to_have_text(await elapsed.inner_text())
    await expect(client.get_by_test_id("meter-balance")).not_to_contain_text("10.00")

    await client.get_by_test_id("hang-up").click()
    for page in (client, provider):
        await expect(page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW_MS)

    seen_by_client = await receipt_of(client, call_id)
    seen_by_provider = await receipt_of(provider, call_id)
    tariff = tariff_of(seen_by_provider)
    receipt = seen_by_client["receipt"]
    seconds = receipt["connected_s"]
    assert seconds > THRESHOLD_S
    charged = charge_micros(tariff, seconds)
    assert receipt["charged_micros"] == charged == 900_000 * seconds // 60
    assert receipt["reason"] == "client_hung_up"
    assert receipt["balance_before_micros"] == TOP_UP_MICROS
    assert receipt["balance_after_micros"] == TOP_UP_MICROS - charged
    assert seen_by_provider["receipt"]["provider_micros"] == provider_micros(tariff, seconds)
    assert "commission_micros" not in receipt or receipt["commission_micros"] is None
    shown = client.get_by_test_id("receipt-charged")
    await expect(shown).to_have_attribute("data-micros", str(charged))
    assert await wallet(client) == TOP_UP_MICROS - charged
    assert await earned(provider) == provider_micros(tariff, seconds)
    report = site.audit()
    assert report["ok"], report["problems"]


async def test_hanging_up_inside_the_threshold_costs_nothing(browser: Browser, site: Site) -> None:
    client, provider, call_id = await start_call(
        browser, site, ("Peter Provider", "Clara Client"), "Tenancy law", threshold_s=600
    )
    await provider.get_by_test_id("hang-up").click()
    for page in (client, provider):
        await expect(page.get_by_test_id("receipt")).to_be_visible(timeout=SLOW_MS)
    call = await receipt_of(client, call_id)
    assert call["receipt"]["connected_s"] <= call["tariff"]["threshold_s"]
    assert call["receipt"]["charged_micros"] == 0
    assert call["receipt"]["reason"] == "provider_hung_up"
    assert await wallet(client) == TOP_UP_MICROS
    assert await earned(provider) == 0
    report = site.audit()
    assert report["ok"], report["problems"]
