"""`/ws`: opens a socket for whoever is signed in; answers each request exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling.kernel.http.identity import user_of
from signaling.kernel.http.inputs import problem_of
from signaling.kernel.http.middleware import check_origin, problem_response
from signaling.kernel.problems import ProblemError, store_away
from signaling.kernel.sockets.commands import Command, Fields, SocketRequest
from signaling.kernel.sockets.hub import Hub
from signaling.kernel.sockets.socket import Socket

log = structlog.get_logger(__name__)

FRAME_MAX = 64 * 1024
# Frames up to here are answered with an error; only beyond does the connection break.
FRAME_READ_MAX = 1024 * 1024
HEARTBEAT_S = 20.0
ID_MAX = 64
AT_ONCE = 8  # requests of one socket being worked on

OnOpen = Callable[[Socket], Awaitable[Fields]]  # fields of the greeting
OnClose = Callable[[Socket], Awaitable[None]]


class SocketServer:
    """The sockets of this process, with the rows that the rooms bring.

    `session_of` names the session that a request's cookie stands for.
    """

    def __init__(
        self,
        hub: Hub,
        commands: Mapping[str, Command],
        *,
        on_open: tuple[OnOpen, ...],
        on_close: tuple[OnClose, ...],
        base_url: str,
        session_of: Callable[[web.Request], str],
    ) -> None:
        self._hub = hub
        self._commands = commands
        self._on_open = on_open
        self._on_close = on_close
        self._base_url = base_url
        self._session_of = session_of

    async def open(self, request: web.Request) -> web.StreamResponse:
        """The handler of `/ws`: lives as long as the connection."""
        user = user_of(request)
        try:
            check_origin(request, self._base_url)
            if user is None:
                raise ProblemError("not_signed_in", "Sign in first.")
        except ProblemError as problem:
            return problem_response(problem)
        ws = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=FRAME_READ_MAX)
        if not ws.can_prepare(request):
            return problem_response(ProblemError("bad_request", "This address is for WebSockets."))
        await ws.prepare(request)
        socket = Socket(ws, user, self._session_of(request))
        if not self._hub.add(socket):
            await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many connections")
            return ws
        writer = asyncio.create_task(socket.write())
        try:
            await self._greet(socket)
            await self._read(socket, ws)
        except (RedisError, OSError) as error:
            log.warning("socket lost the store", user=user.id, error=repr(error))
        finally:
            writer.cancel()
            for leave in self._on_close:
                with suppress(RedisError, OSError):
                    await leave(socket)
            self._hub.remove(socket)
            await ws.close()
        return ws

    async def _greet(self, socket: Socket) -> None:
        """Rooms give the fields of the greeting; what they send meanwhile waits behind it."""
        hello: dict[str, Any] = {"type": "hello"}
        for fields_of in self._on_open:
            hello.update(await fields_of(socket))
        socket.greet(hello)

    async def _read(self, socket: Socket, ws: web.WebSocketResponse) -> None:
        """Requests are worked on side by side, a few at a time: a join outlasts a hang-up."""
        slots = asyncio.Semaphore(AT_ONCE)
        async with asyncio.TaskGroup() as tasks:

            async def answer(text: str) -> None:
                try:
                    socket.send(await self.respond(socket, text))
                finally:
                    slots.release()

            async for message in ws:
                if message.type is WSMsgType.TEXT:
                    await slots.acquire()
                    tasks.create_task(answer(message.data))
                elif message.type is WSMsgType.BINARY:
                    socket.send(_error(None, ProblemError("bad_request", "Send text frames.")))
                else:
                    break

    async def respond(self, socket: Socket, text: str) -> Mapping[str, Any]:
        """The one answer to a frame; whatever it holds, nothing is raised."""
        request_id: str | None = None
        try:
            if len(text.encode()) > FRAME_MAX:
                raise ProblemError("bad_request", f"A frame can have {FRAME_MAX} bytes at most.")
            frame = _parse(text)
            request_id = _id_of(frame)
            command = self._commands.get(str(frame.pop("type", "")))
            if command is None:
                raise ProblemError("unknown_type", "There is no such request.")
            if socket.user.role not in command.roles:
                raise ProblemError("forbidden", "Your account cannot do this.")
            body = command.body.model_validate(frame)
            fields = await command.handler(SocketRequest(socket, body))
        except ValidationError as error:
            problem = problem_of(error)
            return _error(
                request_id, ProblemError("bad_request", problem.detail, fields=problem.fields)
            )
        except ProblemError as problem:
            return _error(request_id, problem)
        except MeteringError as error:
            return _error(request_id, ProblemError(error.code, str(error)))
        except (RedisError, OSError) as error:
            log.error("store failed", error=repr(error))
            return _error(request_id, store_away())
        except Exception:
            log.exception("socket request failed")
            return _error(request_id, ProblemError("internal", "Something went wrong on our side."))
        return {"type": "ok", "id": request_id, **fields}


def _parse(text: str) -> dict[str, Any]:
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ProblemError("bad_request", "This is not readable as JSON.") from error
    if not isinstance(frame, dict):
        raise ProblemError("bad_request", "A request is a JSON object.")
    return frame


def _id_of(frame: dict[str, Any]) -> str:
    request_id = frame.pop("id", None)
    if not isinstance(request_id, str) or len(request_id) > ID_MAX:
        raise ProblemError("bad_request", f"A request has an id of up to {ID_MAX} characters.")
    return request_id


def _error(request_id: str | None, problem: ProblemError) -> dict[str, Any]:
    error: dict[str, Any] = {
        "type": "error",
        "id": request_id,
        "code": problem.code,
        "message": problem.detail,
    }
    if problem.fields:
        error["fields"] = problem.fields
    return error
