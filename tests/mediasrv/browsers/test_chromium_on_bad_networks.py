"""Two Chromium pages on lossy, slow and narrow paths, each through a proxy that impairs them.

A browser's estimate of the bandwidth reads meaning into milliseconds, so this needs a machine with
nothing else to do: `make soak` runs it, and ``TIPMEET_SOAK_S`` says how many seconds to watch each
call (60 for the full claim).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Page

from mediasrv.relay import Relay, RelayConfig
from tests.mediasrv.browsers.browser_call import (
    call_site,
    chromium,
    decoded,
    open_side,
    stats,
    until,
    watch,
)
from tests.mediasrv.browsers.impairment import ImpairedPath, Impairment

WATCH_S = float(os.environ["TIPMEET_SOAK_S"])


@asynccontextmanager
async def _impaired_call(
    up: Impairment, down: Impairment | None = None
) -> AsyncIterator[tuple[Relay, list[Page]]]:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    path = ImpairedPath(relay.port, up, seed=1, down=down)
    await path.start()
    try:
        async with chromium() as browser, call_site(relay, rewrite=path.rewrite) as url:
            pages = [await open_side(browser, url, side) for side in ("client", "provider")]
            await asyncio.gather(*(until(p, decoded(20, 5)) for p in pages))
            yield relay, pages
    finally:
        path.close()
        await relay.close()


@pytest.mark.timeout(WATCH_S + 100)
async def test_at_5_percent_loss_and_50_ms_delay_the_picture_stays_smooth() -> None:
    async with _impaired_call(Impairment(loss=0.05, delay=0.05)) as (relay, pages):
        await asyncio.sleep(3)
        for found in await asyncio.gather(*(watch(page, WATCH_S) for page in pages)):
            print(found)
            assert found["fps"] > 15, found
            assert found["longest_gap_s"] < 1, found
            assert found["concealed"] < 0.03, found
            assert found["retransmitted"] > 0, found
        served = [m.nacks_served for m in relay.stats("call").media.values() if m is not None]
        assert min(served) > 0


@pytest.mark.timeout(WATCH_S + 100)
async def test_at_10_percent_loss_the_call_stays_usable() -> None:
    async with _impaired_call(Impairment(loss=0.1, delay=0.05)) as (_, pages):
        await asyncio.sleep(3)
        for found in await asyncio.gather(*(watch(page, WATCH_S) for page in pages)):
            print(found)
            assert found["fps"] > 10, found
            assert found["concealed"] < 0.1, found


@pytest.mark.timeout(WATCH_S + 100)
@pytest.mark.parametrize("narrow", ["both ways", "towards the browsers"])
async def test_at_300_kbit_per_s_the_sender_adapts_instead_of_drowning(narrow: str) -> None:
    bottleneck = Impairment(bits_per_s=300_000, delay=0.02)
    up = bottleneck if narrow == "both ways" else Impairment(delay=0.02)
    async with _impaired_call(up, bottleneck) as (_, pages):
        await asyncio.sleep(10)
        found = await asyncio.gather(*(stats(page) for page in pages))
        assert all(f["out"]["video"]["targetBitrate"] < 300_000 for f in found), found
        for flow in await asyncio.gather(*(watch(page, WATCH_S / 2) for page in pages)):
            print(flow)
            assert flow["fps"] > 12, flow
            assert flow["longest_gap_s"] < 2, flow
            assert flow["concealed"] < 0.05, flow
