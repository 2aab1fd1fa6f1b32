"""How every browser test starts Chromium: the system's, headless, with fake devices."""

from __future__ import annotations

from playwright.async_api import Browser, Playwright

from tests.prepare import find_chromium

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


async def launch(playwright: Playwright, *more_flags: str) -> Browser:
    """A Chromium; the caller closes it. Fails, never skips, when there is none."""
    return await playwright.chromium.launch(
        executable_path=find_chromium(), headless=True, args=[*FLAGS, *more_flags]
    )
