"""A person as a program: the client of the public API that `tipmeet demo` uses.

It speaks docs/protocol.md and nothing else, so it also shows how to write a client of one's own.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from typing import Any

import aiohttp

ANSWER_TIMEOUT_S = 15.0
RECONNECT_PAUSE_S = 0.2
MAX_EVENTS = 1000  # a visitor who never looks keeps the last ones only


class VisitorError(Exception):
    """The site refused, in its own words."""


class Visitor:
    """One signed-in person. Use as an async context manager."""

    def __init__(self, site_url: str) -> None:
        self._site_url = site_url
        self._http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._events: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MAX_EVENTS)

    async def __aenter__(self) -> Visitor:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._socket is not None:
            await self._socket.close()
        await self._http.close()

    async def api(
        self, method: str, path: str, body: dict[str, Any] | None = None, *, key: str | None = None
    ) -> dict[str, Any]:
        """One REST call. Raises VisitorError with the problem's detail."""
        headers = {"Idempotency-Key": key} if key else {}
        url = self._site_url + path
        async with self._http.request(method, url, json=body, headers=headers) as answer:
            content = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status >= 400:
                said = " ".join([content.get("detail", ""), *content.get("fields", {}).values()])
                raise VisitorError(f"{method} {path}: {said or answer.status}")
            return dict(content)

    async def connect(self) -> None:
        """Open the WebSocket; its events queue up for `wait_for`."""
        self._socket = await self._http.ws_connect(self._site_url + "/ws")
        self._reader = asyncio.create_task(self._read(self._socket))

    @property
    def disconnected(self) -> bool:
        """The WebSocket broke, or never was."""
        return self._reader is None or self._reader.done()

    async def reconnect(self, timeout_s: float) -> None:
        """Open the WebSocket again after it broke, as soon as the site answers."""
        assert self._reader is not None
        async with asyncio.timeout(timeout_s):
            await self._reader
            while True:
                try:
                    return await self.connect()
                except aiohttp.ClientError:
                    await asyncio.sleep(RECONNECT_PAUSE_S)

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """One WebSocket request and its answer. Raises VisitorError when it is refused."""
        assert self._socket is not None
        number = str(next(self._ids))
        self._answers[number] = asyncio.get_running_loop().create_future()
        try:
            await self._socket.send_json({"type": kind, "id": number, **fields})
            answer = await asyncio.wait_for(self._answers[number], ANSWER_TIMEOUT_S)
        finally:
            del self._answers[number]
        if answer["type"] == "error":
            raise VisitorError(f"{kind}: {answer['message']}")
        return answer

    async def wait_for(
        self, wanted: Callable[[dict[str, Any]], bool], timeout_s: float, what: str
    ) -> dict[str, Any]:
        """The next event `wanted` says yes to; those before it are dropped.

        Raises VisitorError naming `what` when it does not come in time.
        """
        try:
            async with asyncio.timeout(timeout_s):
                while True:
                    event = await self._events.get()
                    if wanted(event):
                        return event
        except TimeoutError:
            raise VisitorError(f"{what} did not come within {timeout_s:.0f} s") from None

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in socket:
            if frame.type is not aiohttp.WSMsgType.TEXT:
                continue
            message = frame.json()
            if message["type"] in ("ok", "error"):
                waiting = self._answers.get(message["id"])
                if waiting is not None and not waiting.done():
                    waiting.set_result(message)
                continue
            if self._events.full():
                self._events.get_nowait()
            self._events.put_nowait(message)


def is_state(*states: str) -> Callable[[dict[str, Any]], bool]:
    """For `wait_for`: a `call.state` event in one of `states`."""
    return lambda event: event["type"] == "call.state" and event["call"]["state"] in states
