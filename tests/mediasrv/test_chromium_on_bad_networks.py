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
from typing import Any

import pytest
from browser_call import call_site, chromium, decoded, open_side, stats, until
from impairment import ImpairedPath, Impairment
from playwright.async_api import Page

from mediasrv.relay import Relay, RelayConfig

WATCH_S = float(os.environ["TIPMEET_SOAK_S"])


@asynccontextmanager
async def _impaired_call(rules: Impairment) -> AsyncIterator[tuple[Relay, list[Page]]]:
    relay = Relay(RelayConfig(host="127.0.0.1", port=0))
    await relay.start()
    path = ImpairedPath(relay.port, rules, seed=1)
    await path.start()
    try:
        async with chromium() as browser, call_site(relay, rewrite=path.rewrite) as url:
            pages = [await open_side(browser, url, side) for side in ("client", "provider")]
            await asyncio.gather(*(until(p, decoded(20, 5), timeout_s=40) for p in pages))
            yield relay, pages
    finally:
        path.close()
        await relay.close()


async def _watch(page: Page, seconds: float) -> dict[str, float]:
    """What changed in a page's statistics over some time."""
    before = await stats(page)
    await asyncio.sleep(seconds)
    after = await stats(page)

    def change(kind: str, name: str) -> float:
        return float(after["in"][kind].get(name, 0) - before["in"][kind].get(name, 0))

    elapsed = (after["in"]["video"]["timestamp"] - before["in"]["video"]["timestamp"]) / 1000
    heard = change("audio", "concealedSamples") - change("audio", "silentConcealedSamples")
    return {
        "fps": change("video", "framesDecoded") / elapsed,
        "frozen_s": change("video", "totalFreezesDuration"),
        "freezes": change("video", "freezeCount"),
        "concealed": heard / change("audio", "totalSamplesReceived"),
        "lost": change("video", "packetsLost"),
        "retransmitted": change("video", "retransmittedPacketsReceived"),
    }


@pytest.mark.timeout(WATCH_S + 100)
async def test_at_5_percent_loss_and_50_ms_delay_the_picture_stays_smooth() -> None:
    async with _impaired_call(Impairment(loss=0.05, delay=0.05)) as (relay, pages):
        await asyncio.sleep(3)
        seen = await asyncio.gather(*(_watch(page, WATCH_S) for page in pages))
        for found in seen:
            assert found["fps"] > 15, found
            assert found["frozen_s"] < max(1.0, found["freezes"]), found
            assert found["concealed"] < 0.03, found
            assert found["retransmitted"] > 0, found
        served = [m.nacks_served for m in relay.stats("call").media.values() if m is not None]
        assert min(served) > 0


@pytest.mark.timeout(WATCH_S + 100)
async def test_at_300_kbit_per_s_the_sender_adapts_instead_of_drowning() -> None:
    async with _impaired_call(Impairment(bits_per_s=300_000, delay=0.02)) as (_, pages):
        await asyncio.sleep(10)
        seen: list[dict[str, Any]] = await asyncio.gather(*(stats(page) for page in pages))
        for found in seen:
            assert found["out"]["video"]["targetBitrate"] < 300_000, found["out"]["video"]
        for flow in await asyncio.gather(*(_watch(page, 4) for page in pages)):
            assert flow["fps"] > 8, flow
