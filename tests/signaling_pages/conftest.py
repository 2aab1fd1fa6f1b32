"""For each test a page of the module site, or a whole platform."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio
from playwright.async_api import Browser, Page, expect

from tests.admin_web.platform import Platform, running
from tests.signaling_pages.module_site import ModuleSite, serve_modules
from tipmeet.processes.store import EmbeddedStore

# A machine under load may be many times slower; what never comes fails all the same.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def modules() -> AsyncIterator[ModuleSite]:
    async with serve_modules() as site:
        yield site


@pytest.fixture
async def page(browser: Browser, modules: ModuleSite) -> AsyncIterator[Page]:
    """A page that can import the modules; an error nobody caught fails the test."""
    page = await browser.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    await page.goto(modules.url)
    yield page
    await page.close()
    assert not problems


@pytest.fixture
async def platform(valkey: EmbeddedStore) -> AsyncIterator[Platform]:
    """A web process on an empty store."""
    store = redis.asyncio.Redis.from_url(valkey.url)
    await store.flushall()
    async with running(store) as started:
        yield started
    await store.aclose()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """aiohttp-jinja2 1.6 keeps its context under a plain string, which aiohttp warns of; a test
    in a browser may wait several times."""
    ignore = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(ignore)
            item.add_marker(pytest.mark.timeout(600))
