"""One browser's WebSocket: a bounded queue out, so that a slow reader never slows anybody else."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import WSCloseCode, web

from signaling.kernel.http.identity import User

QUEUE_MAX = 256  # messages; some minutes of a call's events
# Reports that the next second replaces are not worth queueing behind this many.
QUEUE_BUSY = 32
CLOSE_TIMEOUT_S = 2.0


class Socket:
    """An open WebSocket of a signed-in person."""

    def __init__(self, ws: web.WebSocketResponse, user: User, session: str) -> None:
        self.user = user
        self.session = session  # digest of the session it was opened with
        self._ws = ws
        self._queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_MAX)
        self._held: list[str] | None = []  # what came before the greeting; None once greeted
        self._closing: asyncio.Task[Any] | None = None

    @property
    def queued(self) -> int:
        """Messages on their way."""
        return self._queue.qsize()

    @property
    def closing(self) -> bool:
        """Whether this side has given the connection up."""
        return self._closing is not None

    def send(self, message: Mapping[str, Any], *, droppable: bool = False) -> None:
        """Queue a message. A reader that lets the queue fill up is cut off and may come back."""
        self.send_text(json.dumps(message, separators=(",", ":")), droppable=droppable)

    def send_text(self, text: str, *, droppable: bool = False) -> None:
        """The same for a message that was encoded once for many."""
        if self._held is not None:
            if not droppable and len(self._held) < QUEUE_MAX // 2:
                self._held.append(text)
            return
        if droppable and self._queue.qsize() >= QUEUE_BUSY:
            return
        try:
            self._queue.put_nowait(text)
        except asyncio.QueueFull:
            self.close_soon(WSCloseCode.TRY_AGAIN_LATER, b"too slow")

    def greet(self, hello: Mapping[str, Any]) -> None:
        """The first message; what happened while it was being made comes after it."""
        held, self._held = self._held or [], None
        self.send(hello)
        for text in held:
            self.send_text(text)

    async def write(self) -> None:
        """Carry the queue to the browser until the connection ends."""
        with suppress(ConnectionError, RuntimeError):
            while True:
                await self._ws.send_str(await self._queue.get())

    async def drain(self) -> None:
        """Write what is queued at this moment (before a goodbye)."""
        with suppress(ConnectionError, RuntimeError):
            while not self._queue.empty():
                await self._ws.send_str(self._queue.get_nowait())

    def close_soon(self, code: int, message: bytes) -> None:
        """Close from outside the reading loop."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(code, message))

    async def _close(self, code: int, message: bytes) -> None:
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await self._ws.close(code=code, message=message)
