"""Puts signaling into a web application: `/api`, `/ws`, static files, background rounds."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from aiohttp import WSCloseCode, web

from signaling import pages
from signaling.api import ROUTES
from signaling.context import CONTEXT, Context
from signaling.hub import Hub
from signaling.listener import Listener
from signaling.live import show_live
from signaling.middleware import problem_middleware, session_middleware
from signaling.openapi import document
from signaling.socket_server import HUB, open_socket
from signaling.sweeper import Sweeper
from signaling.tasks import stop

STATIC = Path(__file__).parent / "static"
LAST_WORK_S = 15.0
LISTENER: web.AppKey[Listener] = web.AppKey("listener", Listener)


def setup(app: web.Application, context: Context) -> None:
    """Add everything of this package to an application that is not running yet."""
    app[CONTEXT] = context
    app[HUB] = Hub()
    app[LISTENER] = Listener(context, app[HUB])
    app.middlewares.append(problem_middleware)
    app.middlewares.append(session_middleware)
    for route in ROUTES:
        app.router.add_route(route.method, f"/api{route.path}", route.handle)
    app.router.add_get("/api/openapi.json", _openapi)
    app.router.add_get("/ws", open_socket)
    app.router.add_static("/static/signaling", STATIC)
    pages.setup(app)
    app.cleanup_ctx.append(_background)
    app.on_shutdown.append(_say_goodbye)


async def _background(app: web.Application) -> AsyncIterator[None]:
    """Listener, sweeper and live view run as long as the application."""
    ctx, hub, listener = app[CONTEXT], app[HUB], app[LISTENER]
    await ctx.books.partitions.load()
    tasks = [
        asyncio.create_task(listener.run(), name="listener"),
        *Sweeper(ctx, hub, listener).rounds(),
        asyncio.create_task(show_live(ctx, hub, listener), name="live view"),
    ]
    yield
    await stop(tasks)
    with suppress(TimeoutError):  # what is left is found again by the next process
        await asyncio.wait_for(ctx.calls.idle(), LAST_WORK_S)
    if ctx.cards is not None:
        await ctx.cards.close()


async def _say_goodbye(app: web.Application) -> None:
    """Browsers connect again by themselves, to this process's successor."""
    for socket in app[HUB].all():
        await socket.drain()
        socket.close_soon(WSCloseCode.GOING_AWAY, b"restarting")


async def _openapi(request: web.Request) -> web.Response:
    try:
        number = version("tipmeet")
    except PackageNotFoundError:
        number = "0"
    return web.json_response(document(ROUTES, request.app[CONTEXT].settings.base_url, number))
