"""What every request needs: who is signed in, proof that it is our own page's, errors in words."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Middleware
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling.kernel.http.identity import ADDRESS, COOKIE, USER, User
from signaling.kernel.problems import ProblemError, store_away

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PLUMBING = ("/static/",)  # answered without asking the store who asks
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


def session(
    identify: Callable[[str], Awaitable[User | None]], trusted_proxies: frozenset[str]
) -> Middleware:
    """Finds out who asks: the person behind the cookie (`identity.user_of`), their address."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        request[ADDRESS] = _address(request, trusted_proxies)
        token = request.cookies.get(COOKIE)
        if token and not request.path.startswith(_PLUMBING):
            user = await identify(token)
            if user is not None:
                request[USER] = user
        return await handler(request)

    return middleware


def problems(base_url: str) -> Middleware:
    """Under /api every error is a problem document (RFC 9457); pages have their own error page."""

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        if request.path == "/ws":
            try:
                return await handler(request)
            except (
                RedisError
            ) as error:  # before the socket was opened; later ones it answers itself
                log.error("store failed", path=request.path, error=repr(error))
                return problem_response(store_away())
        if not request.path.startswith("/api/"):
            return await handler(request)
        return await _answer(request, handler, base_url)

    return middleware


async def _answer(request: web.Request, handler: Handler, base_url: str) -> web.StreamResponse:
    try:
        check_origin(request, base_url)
        check_content_type(request)
        response = await handler(request)
    except ProblemError as problem:
        return problem_response(problem)
    except MeteringError as error:
        return problem_response(ProblemError(error.code, str(error)))
    except web.HTTPException as error:
        if error.status < 400:
            raise
        return problem_response(_problem_of_http(error))
    except (RedisError, OSError) as error:
        log.error("store failed", path=request.path, error=repr(error))
        return problem_response(store_away())
    except Exception:
        log.exception("request failed", path=request.path)
        return problem_response(ProblemError("internal", "Something went wrong on our side."))
    response.headers.setdefault("Cache-Control", "no-store")
    return response


def check_origin(request: web.Request, base_url: str) -> None:
    """Refuse what another site's page sends with our user's cookie.

    Browsers name the page's origin on every state-changing request and every WebSocket; programs
    that are no browsers send none and have no cookie to be abused.
    """
    if request.method in _SAFE and request.headers.get("Upgrade") is None:
        return
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site", "none") in ("same-origin", "none"):
            return
        raise _foreign()
    own = urlsplit(base_url)
    if origin != f"{own.scheme}://{own.netloc}" and _host_of(origin) != request.host:
        raise _foreign()


def check_content_type(request: web.Request) -> None:
    """A form of another site cannot send JSON without asking first; so nothing else is taken."""
    if request.method in _SAFE or (request.method == "DELETE" and not request.can_read_body):
        return
    if request.content_type != "application/json":
        raise ProblemError(
            "unsupported_media_type", "Send the body as Content-Type: application/json."
        )


def problem_response(problem: ProblemError) -> web.Response:
    """A problem document."""
    body: dict[str, object] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **problem.facts,
    }
    if problem.fields:
        body["fields"] = problem.fields
    headers = {"Cache-Control": "no-store"}
    if problem.retry_after_s is not None:
        headers["Retry-After"] = str(problem.retry_after_s)
    return web.Response(
        text=json.dumps(body),
        status=problem.status,
        content_type="application/problem+json",
        headers=headers,
    )


def _address(request: web.Request, trusted_proxies: frozenset[str]) -> str:
    """Where a request comes from; a trusted proxy's word is taken for it.

    An IPv6 address stands for its whole /64: that is what one household or server is given.
    """
    address = request.remote or "unknown"
    if address in trusted_proxies:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        address = forwarded[:64] or address
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed), 64), strict=False))


def _host_of(origin: str) -> str:
    try:
        parts = urlsplit(origin)
    except ValueError:
        return ""
    return parts.netloc if parts.scheme in ("http", "https") else ""


def _foreign() -> ProblemError:
    return ProblemError("foreign_origin", "This request comes from another site.")


def _problem_of_http(error: web.HTTPException) -> ProblemError:
    sentences = {
        404: "There is nothing at this address.",
        405: "This address does not take this method.",
        413: "This is too large.",
    }
    code = _CODES.get(error.status, "bad_request")
    return ProblemError(code, sentences.get(error.status, f"{error.reason}."))
