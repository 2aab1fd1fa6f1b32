"""The relay's HTTP control API (``docs/protocol.md`` section 3): msgpack in, msgpack out."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgpack
import structlog
from aiohttp import web

from mediasrv.errors import OfferError, RelayProblemError, UnknownCallError
from mediasrv.relay import Relay
from mediasrv.stats import SIDES, Side

CONTENT_TYPE = "application/msgpack"
#: Bytes; an offer is about 7,000.
MAX_BODY = 256 * 1024
MAX_CALL_ID = 128

BeforeClose = Callable[[str, int], Awaitable[None]]
BeforeJoin = Callable[[str, Side], Awaitable[None]]

_log = structlog.get_logger("mediasrv.control")


class _BadRequestError(RelayProblemError):
    code = "bad_request"
    status = 400


def build_app(
    relay: Relay,
    secret: str,
    *,
    before_close: BeforeClose,
    before_join: BeforeJoin | None = None,
) -> web.Application:
    """The API over a started relay.

    ``before_join`` runs before every join that would be answered and may raise ``JoinRefused``.
    ``before_close`` is handed the final proof of a call; the call is dropped only when it returns,
    so a failing one can be tried again.
    """
    app = web.Application(middlewares=[_guard(secret)], client_max_size=MAX_BODY)
    handlers = _Handlers(relay, before_close, before_join)
    app.add_routes(
        [
            web.put("/v1/calls/{call}/participants/{side}", handlers.join),
            web.delete("/v1/calls/{call}/participants/{side}", handlers.leave),
            web.delete("/v1/calls/{call}", handlers.close_call),
            web.post("/v1/calls/{call}/mode", handlers.set_mode),
            web.get("/v1/calls/{call}", handlers.call_stats),
            web.get("/v1/stats", handlers.totals),
            web.post("/v1/drain", handlers.drain),
        ]
    )
    return app


class _Handlers:
    def __init__(
        self, relay: Relay, before_close: BeforeClose, before_join: BeforeJoin | None
    ) -> None:
        self._relay = relay
        self._before_close = before_close
        self._before_join = before_join

    async def join(self, request: web.Request) -> web.Response:
        call, side = _call(request), _side(request)
        offer = (await _body(request)).get("offer")
        if not isinstance(offer, str):
            raise OfferError("the body has no offer")
        if self._before_join is not None:
            await self._before_join(call, side)
        return _packed({"answer": self._relay.join(call, side, offer)})

    async def leave(self, request: web.Request) -> web.Response:
        self._relay.leave(_call(request), _side(request))
        return web.Response(status=204)

    async def close_call(self, request: web.Request) -> web.Response:
        call = _call(request)
        self._relay.set_mode(call, forward=False, count=False)
        await self._before_close(call, self._relay.proof_ms(call))
        return _packed({"proof_ms": self._relay.close_call(call)})

    async def set_mode(self, request: web.Request) -> web.Response:
        body = await _body(request)
        forward, count = body.get("forward"), body.get("count")
        if not isinstance(forward, bool) or not isinstance(count, bool):
            raise _BadRequestError("forward and count are booleans")
        self._relay.set_mode(_call(request), forward, count)
        return web.Response(status=204)

    async def call_stats(self, request: web.Request) -> web.Response:
        return _packed(self._relay.stats(_call(request)).as_dict())

    async def totals(self, _: web.Request) -> web.Response:
        return _packed(self._relay.totals().as_dict())

    async def drain(self, _: web.Request) -> web.Response:
        self._relay.drain()
        return web.Response(status=202)


def _guard(secret: str) -> Any:
    expected = f"Bearer {secret}".encode()

    @web.middleware
    async def guard(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, expected):
            return _packed({"code": "forbidden", "message": "wrong relay secret"}, status=401)
        try:
            return await handler(request)
        except RelayProblemError as problem:
            body: dict[str, Any] = {"code": problem.code, "message": problem.message}
            if isinstance(problem, OfferError):
                body["line"] = problem.line
            return _packed(body, status=problem.status)
        except web.HTTPException as error:
            return _packed({"code": "bad_request", "message": error.reason}, status=error.status)
        except Exception:
            _log.exception("request failed", method=request.method, path=request.path)
            return _packed({"code": "internal", "message": "the relay failed"}, status=500)

    return guard


def _call(request: web.Request) -> str:
    call = request.match_info["call"]
    if len(call) > MAX_CALL_ID:
        raise UnknownCallError(f"a call's id has at most {MAX_CALL_ID} characters")
    return call


def _side(request: web.Request) -> Side:
    for side in SIDES:
        if side == request.match_info["side"]:
            return side
    raise _BadRequestError("a side is client or provider")


async def _body(request: web.Request) -> dict[str, Any]:
    try:
        body = msgpack.unpackb(await request.read())
    except (ValueError, msgpack.UnpackException) as error:
        raise _BadRequestError("the body is not msgpack") from error
    if not isinstance(body, dict):
        raise _BadRequestError("the body is a map")
    return body


def _packed(value: dict[str, Any], status: int = 200) -> web.Response:
    return web.Response(body=msgpack.packb(value), status=status, content_type=CONTENT_TYPE)
