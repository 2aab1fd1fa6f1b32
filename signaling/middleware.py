"""What every request needs: who is signed in, that it comes from our own pages, errors in words."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from redis.exceptions import RedisError

from metering.errors import MeteringError
from signaling.context import USER, context_of
from signaling.errors import ProblemError, store_away
from signaling.sessions import COOKIE

log = structlog.get_logger(__name__)

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_PLUMBING = ("/static/",)  # answered without asking the store who asks
_CODES = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}


@web.middleware
async def session_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Find out who is signed in (`context.user_of`)."""
    token = request.cookies.get(COOKIE)
    if token and not request.path.startswith(_PLUMBING):
        ctx = context_of(request)
        user_id = await ctx.sessions.user_id(token)
        user = await ctx.accounts.get(user_id) if user_id else None
        if user is not None:
            request[USER] = user
    return await handler(request)


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Under /api every error is a problem document (RFC 9457); pages have their own error page."""
    if request.path == "/ws":
        try:
            return await handler(request)
        except RedisError as error:  # before the socket was opened; later ones it answers itself
            log.error("store failed", path=request.path, error=repr(error))
            return problem_response(store_away())
    if not request.path.startswith("/api/"):
        return await handler(request)
    try:
        check_origin(request)
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


def check_origin(request: web.Request) -> None:
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
    own = urlsplit(context_of(request).settings.base_url)
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


def client_address(request: web.Request) -> str:
    """Where a request comes from; a trusted proxy's word is taken for it."""
    address = request.remote or "unknown"
    if address in context_of(request).settings.trusted_proxies:
        forwarded = request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()
        return forwarded[:64] or address
    return address


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
