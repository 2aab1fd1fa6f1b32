"""Waiting for something only an async function of the page can tell (`getStats`)."""

from __future__ import annotations

import asyncio
from typing import Any

from playwright.async_api import Page

TIMEOUT_S = 90.0
EVERY_S = 0.15


async def until(page: Page, expression: str, arg: Any = None) -> None:
    """Ask the page until it says yes.

    `page.wait_for_function` takes the promise of an async function for a yes; `evaluate` awaits it.
    """
    async with asyncio.timeout(TIMEOUT_S):
        while not await page.evaluate(expression, arg):
            await asyncio.sleep(EVERY_S)
