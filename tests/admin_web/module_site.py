"""Serves the front end's modules to a real browser, with as much server as one module needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from admin_web.frame import assets
from mediasrv.errors import RelayProblemError
from mediasrv.relay import Relay
from mediasrv.stats import Side

PAGE = """<!doctype html><html lang="en" data-currency="USD"><meta charset="utf-8">
<title>modules</title><body><video id="remote" autoplay muted playsinline></video></body></html>"""

Conversation = Callable[[web.WebSocketResponse], Awaitable[None]]


@dataclass
class ModuleSite:
    """What the site is asked, and what it answers with."""

    url: str = ""
    joins: Counter[str] = field(default_factory=Counter)  # offers by side
    relay: Relay | None = None
    conversations: list[Conversation] = field(default_factory=list)  # one per WebSocket, in order
    signed_in: bool = True

    async def page(self, _: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    async def join(self, request: web.Request) -> web.Response:
        side: Side = "client" if request.match_info["side"] == "client" else "provider"
        self.joins[side] += 1
        assert self.relay is not None
        try:
            return web.Response(text=self.relay.join("call", side, await request.text()))
        except RelayProblemError as problem:
            return web.Response(status=problem.status, text=problem.message)

    async def session(self, _: web.Request) -> web.Response:
        return web.json_response({}, status=200 if self.signed_in else 401)

    async def ws(self, request: web.Request) -> web.StreamResponse:
        if not self.conversations:
            return web.Response(status=401 if not self.signed_in else 503)
        conversation = self.conversations.pop(0)
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        await conversation(ws)
        await ws.close()
        return ws


@asynccontextmanager
async def serve_modules() -> AsyncIterator[ModuleSite]:
    """A site on a free port of the loopback."""
    site = ModuleSite()
    app = web.Application()
    app.add_routes(
        [
            web.get(assets.PREFIX + "{name:.+}", assets.serve),
            web.get("/", site.page),
            web.get("/ws", site.ws),
            web.get("/api/session", site.session),
            web.put("/join/{side}", site.join),
        ]
    )
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    site.url = f"http://localhost:{runner.addresses[0][1]}/"
    try:
        yield site
    finally:
        await runner.cleanup()
