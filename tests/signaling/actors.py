"""People as programs: each a cookie jar, a WebSocket and a list of what it was told."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

import aiohttp

WAIT_S = 60.0


class Refused(Exception):  # noqa: N818 - reads better in tests
    """A request was answered with an error: `answer` is all of it, `code` and `fields` parts."""

    def __init__(self, answer: dict[str, Any], status: int = 0) -> None:
        super().__init__(answer.get("detail") or answer.get("message"))
        self.answer = answer
        self.code = answer["code"]
        self.fields = answer.get("fields")
        self.status = status


class Person:
    """One browser. Use as an async context manager."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))
        self.user: dict[str, Any] = {}
        self.ws: aiohttp.ClientWebSocketResponse | None = None
        self.hello: dict[str, Any] = {}
        self._reader: asyncio.Task[None] | None = None
        self._ids = itertools.count(1)
        self._answers: dict[str | None, asyncio.Future[dict[str, Any]]] = {}
        self._events: defaultdict[str, deque[dict[str, Any]]] = defaultdict(deque)
        self._news = asyncio.Event()

    async def __aenter__(self) -> Person:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.disconnect()
        await self.http.close()

    async def api(self, method: str, path: str, body: Any = None, **headers: str) -> dict[str, Any]:
        """One REST call; raises Refused."""
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.http.request(
            method, f"{self.url}/api{path}", json=body, headers=names
        ) as answer:
            content = await answer.json(content_type=None) if answer.status != 204 else {}
            if answer.status >= 400:
                assert answer.content_type == "application/problem+json"
                raise Refused(content, answer.status)
            return dict(content)

    async def sign_up(self, name: str, role: str, password: str = "correct horse") -> Person:
        body = {"email": f"{name}@example.org", "password": password, "name": name, "role": role}
        self.user = (await self.api("POST", "/accounts", body))["user"]
        return self

    async def connect(self) -> Person:
        """Open the WebSocket and wait for `hello`."""
        self.ws = await self.http.ws_connect(f"{self.url}/ws")
        self._reader = asyncio.create_task(self._read(self.ws))
        self.hello = await self.event("hello")
        return self

    async def disconnect(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
            self._reader = None
        if self.ws is not None:
            await self.ws.close()

    async def closed(self) -> None:
        """Wait until the server has closed the WebSocket."""
        assert self._reader is not None
        await self._reader

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """One request over the WebSocket; raises Refused."""
        assert self.ws is not None
        number = str(next(self._ids))
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        await self.ws.send_json({"type": kind, "id": number, **fields})
        async with asyncio.timeout(WAIT_S):
            found = await answer
        if found["type"] == "error":
            raise Refused(found)
        return found

    async def event(
        self, kind: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True
    ) -> dict[str, Any]:
        """The next event of a kind that fits; those of the same kind before it are dropped."""
        async with asyncio.timeout(WAIT_S):
            while True:
                events = self._events[kind]
                while events:
                    found = events.popleft()
                    if fits(found):
                        return found
                self._news.clear()
                await self._news.wait()

    async def state(self, *states: str) -> dict[str, Any]:
        """The call, once it is told to be in one of these states."""
        event = await self.event("call.state", lambda e: e["call"]["state"] in states)
        return dict(event["call"])

    async def receipt(self) -> dict[str, Any]:
        """The receipt, once it is told."""
        event = await self.event("call.state", lambda e: e["call"]["receipt"] is not None)
        return dict(event["call"]["receipt"])

    async def _read(self, ws: aiohttp.ClientWebSocketResponse) -> None:
        async for frame in ws:
            message = frame.json()
            waiting = self._answers.pop(message.get("id"), None)
            if waiting is not None:
                waiting.set_result(message)
            else:
                self._events[message["type"]].append(message)
                self._news.set()
