"""A browser, and the pages' scripts served to it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, async_playwright

import admin_web
import signaling
from admin_web import security
from tests.browser import launch


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium."""
    async with async_playwright() as playwright:
        chromium = await launch(playwright)
        yield chromium
        await chromium.close()


@pytest.fixture
async def scripts(browser: Browser) -> AsyncIterator[Page]:
    """A blank page of the site, under its Content-Security-Policy, that can import every module."""
    app = web.Application()
    app.on_response_prepare.append(security.add_headers)
    app.router.add_static("/static/admin_web/", Path(admin_web.__file__).parent / "static")
    app.router.add_static("/static/signaling/", Path(signaling.__file__).parent / "static")

    async def blank(_request: web.Request) -> web.Response:
        html = '<!doctype html><html lang="en" data-currency="USD"><title>blank</title>'
        return web.Response(text=html, content_type="text/html")

    app.router.add_get("/", blank)
    async with TestServer(app) as server:
        page = await browser.new_page()
        await page.goto(str(server.make_url("/")))
        yield page
