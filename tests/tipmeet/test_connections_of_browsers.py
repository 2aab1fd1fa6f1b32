"""Half-open connections end, and sockets stay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

import aiohttp
import pytest
import redis.asyncio
from aiohttp import web

import admin_web
from mediasrv.client import RelayClient
from metering.books import Books
from signaling.kernel.http import routing
from signaling.settings import SignalingSettings
from signaling.site import Site
from tests.signaling.actors import Person
from tipmeet.processes.web import make_runner

IDLE_S = 1.0
SOON_S = 4.0
pytestmark = pytest.mark.filterwarnings("ignore:It is recommended to use web.RequestKey")
HEAD = b"POST /api/guests HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"


@dataclass
class Server:
    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port)


@pytest.fixture
async def server(
    redis_client: redis.asyncio.Redis, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Server]:
    monkeypatch.setattr(routing, "BODY_S", IDLE_S)
    async with aiohttp.ClientSession() as http:
        app = web.Application()
        settings = SignalingSettings(
            base_url="http://tipmeet.test",
            relay_secret="s" * 16,
            password_memory_kib=64,
            password_rounds=1,
        )
        site = Site(
            settings=settings,
            redis=redis_client,
            books=Books(redis_client),
            relay_client=RelayClient(http, "s" * 16),
        )
        admin_web.setup(app, site)
        runner = make_runner(app, idle_s=IDLE_S)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield Server(runner.addresses[0][1])
        await runner.cleanup()


async def ended(reader: asyncio.StreamReader) -> bytes:
    """What came until the server closed."""
    async with asyncio.timeout(SOON_S + routing.BODY_S + 5):
        return await reader.read()


async def test_a_connection_that_says_nothing_is_closed(server: Server) -> None:
    reader, writer = await server.connect()
    assert await ended(reader) == b""
    writer.close()


async def test_a_head_that_trickles_in_is_cut_off(server: Server) -> None:
    reader, writer = await server.connect()

    async def trickle() -> None:
        writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
        for at in range(100):
            writer.write(b"X-%d: y\r\n" % at)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(trickle())
    with suppress(ConnectionResetError):
        assert await ended(reader) == b""
    assert not task.done(), "it was cut off while it still wrote"
    task.cancel()
    writer.close()


async def test_a_connection_idle_after_an_answer_is_closed(server: Server) -> None:
    reader, writer = await server.connect()
    writer.write(b"GET /api/public/services HTTP/1.1\r\nHost: x\r\n\r\n")
    answer = await ended(reader)
    assert answer.startswith(b"HTTP/1.1 200")
    writer.close()


async def test_a_body_that_does_not_come_is_answered_and_the_connection_closed(
    server: Server,
) -> None:
    reader, writer = await server.connect()
    writer.write(HEAD + b"Content-Length: 30\r\n\r\n{")
    answer = await ended(reader)
    assert answer.startswith(b"HTTP/1.1 408")
    assert b'"too_slow"' in answer
    writer.close()


async def test_open_sockets_are_not_cut(server: Server) -> None:
    async with Person(f"http://127.0.0.1:{server.port}") as ann:
        await ann.sign_up("ann", "client")
        await ann.connect()
        await asyncio.sleep(3 * IDLE_S)
        assert (await ann.ask("ping"))["type"] == "ok"
