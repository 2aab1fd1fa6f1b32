"""Firefox talks to Chromium and to itself, though its payload types and extension ids differ.

In a network of its own (`python -m tests.network pytest …`): see there.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser

from mediasrv.relay import Relay, RelayConfig
from tests.firefox import Firefox, firefox
from tests.mediasrv.browsers.browser_call import call_site, decoded, open_side, until
from tests.network import VARIABLE
from tests.prepare import find_firefox

LONG_S = 60.0


@pytest.fixture
async def relay() -> AsyncIterator[Relay]:
    relay = Relay(RelayConfig(host=os.environ[VARIABLE], port=0))
    await relay.start()
    yield relay
    dropped = relay.totals().dropped
    await relay.close()
    assert not set(dropped) & {"rtp_malformed", "rtcp_malformed", "protect_failed"}


@pytest.fixture
async def fox() -> AsyncIterator[Firefox]:
    async with firefox(find_firefox()) as fox:
        yield fox


async def test_firefox_and_chromium_see_and_hear_each_other(
    relay: Relay, fox: Firefox, browser: Browser
) -> None:
    async with call_site(relay) as url:
        one = await fox.open(url)
        await one.evaluate("join('client')")
        two = await open_side(browser, url, "provider")
        await asyncio.gather(
            one.until(decoded(30, 20), LONG_S), until(two, decoded(30, 20), timeout_s=LONG_S)
        )
        given = relay._core._calls["call"].participants
        kinds = {
            side: {m.kind: m.extensions for m in p.agreement.media} for side, p in given.items()
        }
        # What this test is about: the two number their extensions differently.
        assert kinds["client"]["video"] != kinds["provider"]["video"]

        await one.evaluate("shareScreen()")
        await until(two, lambda f: f["in"]["video"]["frameWidth"] == 800, timeout_s=LONG_S)
        await two.evaluate("shareScreen()")
        await one.until(lambda f: f["in"]["video"]["frameWidth"] == 800, LONG_S)


async def test_two_firefoxes_see_and_hear_each_other(relay: Relay, fox: Firefox) -> None:
    async with call_site(relay) as url:
        pages = [await fox.open(url), await fox.open(url)]
        for page, side in zip(pages, ("client", "provider"), strict=True):
            await page.evaluate(f"join('{side}')")
        for page in pages:
            await page.until(decoded(30, 20), LONG_S)


async def test_firefox_without_a_camera_is_heard_and_sees_a_chromium_that_joins_late(
    relay: Relay, fox: Firefox, browser: Browser
) -> None:
    async with call_site(relay) as url:
        one = await fox.open(url)
        await one.evaluate("join('client', {video: false})")
        await one.until(lambda f: f["connection"] == "connected", LONG_S)
        await asyncio.sleep(3)
        two = await open_side(browser, url, "provider")
        await one.until(decoded(20, 20), LONG_S)
        found = await until(
            two, lambda f: f["in"]["audio"].get("packetsReceived", 0) > 20, timeout_s=LONG_S
        )
        assert found["in"].get("video", {}).get("packetsReceived", 0) == 0
