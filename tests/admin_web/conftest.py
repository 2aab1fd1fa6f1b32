"""The pages' scripts served to a browser, and a whole web process."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import redis.asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from admin_web.frame import assets, security
from tests.admin_web.module_site import ModuleSite, serve_modules
from tests.admin_web.platform import Platform, running

# A machine under load may be many times slower; what never comes fails all the same.
PATIENCE_MS = 60_000
expect.set_options(timeout=PATIENCE_MS)


@pytest.fixture
async def scripts(browser: Browser) -> AsyncIterator[Page]:
    """A blank page of the site, under its Content-Security-Policy, that can import every module."""
    app = web.Application()
    app.on_response_prepare.append(security.add_headers)
    app.router.add_get(assets.PREFIX + "{name:.+}", assets.serve)

    async def blank(_request: web.Request) -> web.Response:
        html = '<!doctype html><html lang="en" data-currency="USD"><title>blank</title>'
        return web.Response(text=html, content_type="text/html")

    app.router.add_get("/", blank)
    async with TestServer(app) as server:
        page = await browser.new_page()
        await page.goto(str(server.make_url("/")))
        yield page


@pytest.fixture
async def modules() -> AsyncIterator[ModuleSite]:
    """A site of scripts only, whose socket and relay a test scripts itself."""
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
async def platform(redis_client: redis.asyncio.Redis) -> AsyncIterator[Platform]:
    """A web process on an empty store."""
    async with running(redis_client) as started:
        yield started


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """aiohttp-jinja2 1.6 keeps its context under a plain string, which aiohttp warns of; a test
    in a browser may wait several times."""
    ignore = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(ignore)
            if "browser" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.timeout(600))
