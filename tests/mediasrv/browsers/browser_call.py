"""Two real Chromium pages in one call through a real relay; only the page is made for the test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright

from mediasrv.errors import RelayProblemError
from mediasrv.relay import Relay
from mediasrv.stats import Side
from tests.browser import launch


@asynccontextmanager
async def chromium(*flags: str) -> AsyncIterator[Browser]:
    """A headless Chromium with fake devices."""
    async with async_playwright() as playwright:
        browser = await launch(playwright, *flags)
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def call_site(
    relay: Relay, *, rewrite: Callable[[str], str] = lambda answer: answer
) -> AsyncIterator[str]:
    """Serves the page and passes offers to the relay; yields its address."""

    async def page(_: web.Request) -> web.Response:
        text = (Path(__file__).parent / "call_page.html").read_text()
        return web.Response(text=text, content_type="text/html")

    async def join(request: web.Request) -> web.Response:
        side: Side = "client" if request.match_info["side"] == "client" else "provider"
        try:
            answer = relay.join("call", side, await request.text())
        except RelayProblemError as problem:
            return web.Response(status=problem.status, text=problem.message)
        return web.Response(text=rewrite(answer))

    app = web.Application()
    app.add_routes([web.get("/", page), web.put("/join/{side}", join)])
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def open_side(browser: Browser, url: str, side: Side, **options: Any) -> Page:
    """A page of its own profile that has joined as ``side``."""
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(url)
    await page.evaluate("([side, options]) => join(side, options)", [side, options])
    return page


async def stats(page: Page, *, anew: bool = False) -> dict[str, Any]:
    """The page's view of its connection; ``anew``: the longest gap counts from now."""
    found: dict[str, Any] = await page.evaluate("anew => stats(anew)", anew)
    return found


async def watch(page: Page, seconds: float) -> dict[str, float]:
    """What changed in a page's statistics over some time, as rates and shares."""
    before = await stats(page, anew=True)
    await asyncio.sleep(seconds)
    after = await stats(page)

    def change(kind: str, name: str) -> float:
        return float(after["in"][kind].get(name, 0) - before["in"][kind].get(name, 0))

    elapsed = (after["in"]["video"]["timestamp"] - before["in"]["video"]["timestamp"]) / 1000
    heard = change("audio", "concealedSamples") - change("audio", "silentConcealedSamples")
    return {
        "fps": change("video", "framesDecoded") / elapsed,
        "longest_gap_s": after["longestGapMs"] / 1000,
        "frozen_s": change("video", "totalFreezesDuration"),
        "concealed": heard / change("audio", "totalSamplesReceived"),
        "lost": change("video", "packetsLost"),
        "retransmitted": change("video", "retransmittedPacketsReceived"),
        "kbit_per_s": 8 * change("video", "bytesReceived") / elapsed / 1000,
    }


async def until(
    page: Page, condition: Callable[[dict[str, Any]], bool], timeout_s: float = 60.0
) -> dict[str, Any]:
    """Polls a page's statistics until they satisfy a condition; the last ones are in the error."""
    found: dict[str, Any] = {}
    try:
        async with asyncio.timeout(timeout_s):
            while True:
                found = await stats(page)
                if condition(found):
                    return found
                await asyncio.sleep(0.1)
    except TimeoutError:
        raise TimeoutError(f"not within {timeout_s} s: {found}") from None


def decoded(frames: int, packets: int = 50) -> Callable[[dict[str, Any]], bool]:
    """Condition: so many video frames decoded and audio packets received."""

    def reached(found: dict[str, Any]) -> bool:
        video, audio = found["in"].get("video", {}), found["in"].get("audio", {})
        return (
            video.get("framesDecoded", 0) >= frames and audio.get("packetsReceived", 0) >= packets
        )

    return reached
