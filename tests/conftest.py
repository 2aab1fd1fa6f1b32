"""Fixtures every test may use: a real Valkey server and a clean client to it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import redis.asyncio
import uvloop
from playwright.async_api import Browser

from tests.browser import SharedChromium
from tests.network import VARIABLE as ADDRESS_VARIABLE
from tipmeet.processes.store import EmbeddedStore

collect_ignore = []
# Only in `make soak`, which sets the variable: these want a machine with nothing else to do.
if "TIPMEET_SOAK_S" not in os.environ:
    collect_ignore.append("mediasrv/browsers/test_chromium_on_bad_networks.py")
# Firefox needs another address than 127.0.0.1: `make test` runs it through tests.network.
if ADDRESS_VARIABLE not in os.environ:
    collect_ignore += [
        "mediasrv/browsers/test_firefox_call.py",
        "e2e/test_firefox_in_the_product.py",
    ]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests run on the loop that the program runs on."""
    return {"uvloop": uvloop.new_event_loop}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what drives a browser: `make test` runs those one at a time, the others on all cores."""
    for item in items:
        path = str(item.path.relative_to(config.rootpath))
        in_browser = any(word in path for word in ("chromium", "firefox"))
        if in_browser or "browser" in getattr(item, "fixturenames", ()):
            item.add_marker("browser")


@pytest.fixture(scope="session")
def valkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedStore]:
    """A real Valkey server for the whole test session, its log off: chaos tests start their own."""
    store = EmbeddedStore(
        tmp_path_factory.mktemp("valkey"),
        config={"appendonly": "no", "save": "", "maxmemory-policy": "noeviction"},
    )
    store.start()
    yield store
    store.stop()


@pytest.fixture
async def redis_client(valkey: EmbeddedStore) -> AsyncIterator[redis.asyncio.Redis]:
    """A client to an empty store; answers are bytes."""
    client = redis.asyncio.Redis.from_url(valkey.url)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture(scope="session")
async def shared_chromium() -> AsyncIterator[SharedChromium]:
    """The system's Chromium, started by the first test that wants it."""
    async with SharedChromium() as shared:
        yield shared


@pytest.fixture
async def browser(shared_chromium: SharedChromium) -> AsyncIterator[Browser]:
    """Chromium with nothing open in it; what a test leaves open is closed after it."""
    chromium = await shared_chromium.running()
    yield chromium
    for context in chromium.contexts:
        await context.close()
