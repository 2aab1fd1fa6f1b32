"""Puts the site into a web application: `/api`, `/ws`, what runs in the background."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version

from aiohttp import WSCloseCode, web

from signaling.kernel.http.middleware import problems, session
from signaling.kernel.http.openapi import document
from signaling.kernel.http.routing import Route
from signaling.kernel.room import Room, joined
from signaling.kernel.rounds import start_rounds
from signaling.kernel.sockets.server import SocketServer
from signaling.kernel.tasks import stop
from signaling.people.api import session_of
from signaling.site import Site

LAST_WORK_S = 15.0


def setup(app: web.Application, site: Site) -> None:
    """Add everything of this package to an application that is not running yet."""
    settings, rooms = site.settings, site.rooms()
    routes = site.routes()
    app.middlewares.append(problems(settings.base_url))
    app.middlewares.append(session(site.people.identify, settings.trusted_proxies))
    for route in routes:
        app.router.add_route(route.method, f"/api{route.path}", route.handle)
    app.router.add_get("/api/openapi.json", _openapi(routes, settings.base_url))
    sockets = SocketServer(
        site.hub,
        site.commands(),
        on_open=tuple(row for room in rooms for row in room.on_open),
        on_close=tuple(row for room in rooms for row in room.on_close),
        base_url=settings.base_url,
        session_of=session_of,
    )
    app.router.add_get("/ws", sockets.open)
    app.cleanup_ctx.append(_background(site, rooms))
    app.on_shutdown.append(_goodbye(site))


def _background(
    site: Site, rooms: tuple[Room, ...]
) -> Callable[[web.Application], AsyncIterator[None]]:
    """News and rounds run as long as the application."""

    async def run(_: web.Application) -> AsyncIterator[None]:
        await site.books.partitions.load()
        channels = joined(room.channels for room in rooms)
        tasks = [
            asyncio.create_task(site.news.run(channels), name="news"),
            *start_rounds((row for room in rooms for row in room.rounds), site.redis),
        ]
        yield
        await stop(tasks)
        with suppress(TimeoutError):  # what is left is found again by the next process
            await asyncio.wait_for(site.calls.idle(), LAST_WORK_S)
        if site.cards is not None:
            await site.cards.close()

    return run


def _goodbye(site: Site) -> Callable[[web.Application], Awaitable[None]]:
    """Browsers connect again by themselves, to this process's successor."""

    async def say(_: web.Application) -> None:
        for socket in site.hub.all():
            await socket.drain()
            socket.close_soon(WSCloseCode.GOING_AWAY, b"restarting")

    return say


def _openapi(
    routes: tuple[Route, ...], base_url: str
) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    try:
        number = version("tipmeet")
    except PackageNotFoundError:
        number = "0"

    async def answer(_: web.Request) -> web.StreamResponse:
        return web.json_response(document(routes, base_url, number))

    return answer
