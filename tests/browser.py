"""How every browser test starts Chromium: the system's, headless, with fake devices."""

from __future__ import annotations

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from playwright.async_api import Browser, Playwright, async_playwright

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


class SharedChromium:
    """One Chromium for many tests: starting one takes as long as many a test. Each test opens
    contexts of its own, which share nothing."""

    def __init__(self) -> None:
        self._opened = AsyncExitStack()
        self._playwright: Playwright | None = None
        self._browser: Browser | None = None

    async def __aenter__(self) -> Self:
        self._playwright = await self._opened.enter_async_context(async_playwright())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._browser is not None:
            await self._browser.close()
        await self._opened.__aexit__(kind, error, traceback)

    async def running(self) -> Browser:
        """The browser, started again if a test has crashed it."""
        assert self._playwright is not None
        if self._browser is None or not self._browser.is_connected():
            self._browser = await launch(self._playwright)
        return self._browser
