"""`/ws`: opens a socket for whoever is signed in, reads requests and answers each exactly once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web
from pydantic import ValidationError
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling import directory
from signaling.commands import COMMANDS, Asked
from signaling.context import Context, context_of, user_of
from signaling.errors import ProblemError, store_away
from signaling.hub import Hub
from signaling.inputs import problem_of
from signaling.middleware import check_origin, problem_response
from signaling.presenting import user_view
from signaling.sessions import COOKIE, digest
from signaling.socket import Socket

log = structlog.get_logger(__name__)

FRAME_MAX = 64 * 1024
# Frames up to here are answered with an error; only beyond does the connection break.
FRAME_READ_MAX = 1024 * 1024
HEARTBEAT_S = 20.0
ID_MAX = 64
AT_ONCE = 8  # requests of one socket being worked on

HUB: web.AppKey[Hub] = web.AppKey("hub", Hub)


async def open_socket(request: web.Request) -> web.StreamResponse:
    """The handler of `/ws`: lives as long as the connection."""
    ctx, hub, user = context_of(request), request.app[HUB], user_of(request)
    try:
        check_origin(request)
        if user is None:
            raise ProblemError("not_signed_in", "Sign in first.")
    except ProblemError as problem:
        return problem_response(problem)
    ws = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=FRAME_READ_MAX)
    if not ws.can_prepare(request):
        return problem_response(ProblemError("bad_request", "This address is for WebSockets."))
    await ws.prepare(request)
    socket = Socket(ws, user, digest(request.cookies[COOKIE]))
    if not hub.add(socket):
        await ws.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"too many connections")
        return ws
    writer = asyncio.create_task(socket.write())
    try:
        await _greet(ctx, socket)
        await _read(ctx, hub, socket, ws)
    except (RedisError, OSError) as error:
        log.warning("socket lost the store", user=user.id, error=repr(error))
    finally:
        writer.cancel()
        with suppress(RedisError, OSError):  # the stamp of the last round has to do then
            # The grace of 20 s runs from now.
            await ctx.presence.stamp([user.id], ctx.clock())
        hub.remove(socket)
        await ws.close()
    return ws


async def _greet(ctx: Context, socket: Socket) -> None:
    user, now_ms = socket.user, ctx.clock()
    hello: dict[str, Any] = {"type": "hello", "user": user_view(user).as_json()}
    await ctx.presence.arrive(user.id, now_ms)
    if user.role == "provider":
        socket.duty = await ctx.presence.duty(user.id, now_ms)
        hello["duty"] = socket.duty
    calls = await directory.present_calls(ctx, user)
    hello["calls"] = [call.as_json() for call in calls]
    socket.greet(hello)
    for call in calls:
        if call.state == "ringing" and call.side == "provider" and call.id not in socket.ringing:
            socket.ringing.add(call.id)
            socket.send({"type": "call.incoming", "call": call.as_json()})


async def _read(ctx: Context, hub: Hub, socket: Socket, ws: web.WebSocketResponse) -> None:
    """Requests are worked on side by side, a few at a time: a join takes longer than a hang-up."""
    slots = asyncio.Semaphore(AT_ONCE)
    async with asyncio.TaskGroup() as tasks:

        async def answer(text: str) -> None:
            try:
                socket.send(await respond(ctx, hub, socket, text))
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


async def respond(ctx: Context, hub: Hub, socket: Socket, text: str) -> Mapping[str, Any]:
    """The one answer to a frame; whatever it holds, nothing is raised."""
    request_id: str | None = None
    try:
        if len(text.encode()) > FRAME_MAX:
            raise ProblemError("bad_request", f"A frame can have {FRAME_MAX} bytes at most.")
        frame = _parse(text)
        request_id = _id_of(frame)
        command = COMMANDS.get(str(frame.pop("type", "")))
        if command is None:
            raise ProblemError("unknown_type", "There is no such request.")
        if socket.user.role not in command.roles:
            raise ProblemError("forbidden", "Your account cannot do this.")
        body = command.body.model_validate(frame)
        fields = await command.handler(Asked(ctx, hub, socket, body))
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
