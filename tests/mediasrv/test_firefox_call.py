"""Firefox talks to Chromium and to itself, though its payload types and extension ids differ."""

from __future__ import annotations

import asyncio

import pytest
from browser_call import call_site, chromium, decoded, open_side, until
from firefox import firefox

from mediasrv.addresses import announced_addresses
from mediasrv.relay import Relay, RelayConfig
from tests.prepare import find_firefox

HERE = announced_addresses("0.0.0.0")[0]


@pytest.mark.timeout(150)
async def test_firefox_and_chromium_see_and_hear_each_other() -> None:
    relay = Relay(RelayConfig(host=HERE, port=0))
    await relay.start()
    try:
        async with firefox(find_firefox()) as fox, chromium() as browser, call_site(relay) as url:
            one = await fox.open(url)
            await one.evaluate("join('client')")
            two = await open_side(browser, url, "provider")
            await asyncio.gather(
                one.until(decoded(30, 20)), until(two, decoded(30, 20), timeout_s=30)
            )
            given = relay._core._calls["call"].participants
            kinds = {
                side: {m.kind: m.extensions for m in p.agreement.media} for side, p in given.items()
            }
            # What this test is about: the two number their extensions differently.
            assert kinds["client"]["video"] != kinds["provider"]["video"]
            dropped = relay.totals().dropped
            assert not set(dropped) & {"rtp_malformed", "rtcp_malformed", "protect_failed"}
    finally:
        await relay.close()


@pytest.mark.timeout(150)
async def test_two_firefoxes_see_and_hear_each_other() -> None:
    relay = Relay(RelayConfig(host=HERE, port=0))
    await relay.start()
    try:
        async with firefox(find_firefox()) as fox, call_site(relay) as url:
            pages = [await fox.open(url), await fox.open(url)]
            for page, side in zip(pages, ("client", "provider"), strict=True):
                await page.evaluate(f"join('{side}')")
            for page in pages:
                await page.until(decoded(30, 20))
    finally:
        await relay.close()
