"""A browser for a module's tests, and a fresh page of the module site for each."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Page, async_playwright

from tests.browser import launch
from tests.signaling_pages.module_site import ModuleSite, serve_modules


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await launch(playwright)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="module")
async def modules() -> AsyncIterator[ModuleSite]:
    async with serve_modules() as site:
        yield site


@pytest_asyncio.fixture(loop_scope="module")
async def page(browser: Browser, modules: ModuleSite) -> AsyncIterator[Page]:
    """A page that can import the modules; an error nobody caught fails the test."""
    page = await browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(modules.url)
    yield page
    await page.close()
    assert not problems
