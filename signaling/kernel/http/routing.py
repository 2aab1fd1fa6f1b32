"""The REST API as a table: who may call what, with which body, for which answer.

Requests are handled and the OpenAPI document is written from the same rows.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError

from signaling.kernel.http.identity import ANYONE, Role, User, user_of
from signaling.kernel.http.inputs import Input, problem_of
from signaling.kernel.http.views import View
from signaling.kernel.problems import ProblemError

BODY_MAX = 64 * 1024
BODY_S = 20.0  # 64 KiB on a line of 30 kbit/s
_KEY = re.compile(r"[\x21-\x7e]{1,128}")

B = TypeVar("B", bound=Input)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as handlers see it: checked, with the body already validated."""

    http: web.Request
    visitor: User | None
    body: Input | None
    path: Mapping[str, str]
    query: Mapping[str, str]
    idempotency_key: str

    @property
    def user(self) -> User:
        """Who is signed in; the route has made sure that somebody is."""
        if self.visitor is None:
            raise ProblemError("not_signed_in", "Sign in first.")
        return self.visitor

    def read(self, model: type[B]) -> B:
        """The body as the route declares it."""
        if not isinstance(self.body, model):
            raise TypeError(f"the route does not declare {model.__name__}")
        return self.body


Handler = Callable[[ApiRequest], Awaitable[View | web.Response | None]]


@dataclass(frozen=True, slots=True)
class Route:
    """One row of the table. `roles` empty: anyone, signed in or not."""

    method: str
    path: str  # under /api
    handler: Handler
    summary: str
    answer: type[View] | None = None
    body: type[Input] | None = None
    roles: frozenset[Role] = ANYONE
    status: int = 200
    idempotent: bool = False  # needs the header Idempotency-Key
    query: Mapping[str, str] = field(default_factory=dict)  # name → what it is for

    async def handle(self, http: web.Request) -> web.StreamResponse:
        """Check, read, call, answer. Raises ProblemError, which a middleware writes down."""
        visitor = user_of(http)
        if self.roles:
            if visitor is None:
                raise ProblemError("not_signed_in", "Sign in first.")
            if visitor.role not in self.roles:
                raise ProblemError("forbidden", "Your account cannot do this.")
        request = ApiRequest(
            http=http,
            visitor=visitor,
            body=await _read(http, self.body) if self.body else None,
            path=http.match_info,
            query={name: http.query.get(name, "") for name in self.query},
            idempotency_key=self._key(http),
        )
        answer = await self.handler(request)
        if isinstance(answer, web.Response):
            return answer
        if answer is None:
            return web.Response(status=204)
        return json_response(answer, self.status)

    def _key(self, http: web.Request) -> str:
        if not self.idempotent:
            return ""
        key = http.headers.get("Idempotency-Key", "")
        if not _KEY.fullmatch(key):
            raise ProblemError(
                "bad_request",
                "The header Idempotency-Key is needed: 1 to 128 characters that name this request.",
            )
        return key


def json_response(answer: View, status: int = 200) -> web.Response:
    """A view as JSON."""
    return web.Response(
        text=answer.model_dump_json(exclude_unset=True),
        status=status,
        content_type="application/json",
    )


async def read_body(http: web.Request) -> bytes:
    """The body's bytes. Raises ProblemError `too_slow` when they are not there in time."""
    try:
        async with asyncio.timeout(BODY_S):
            return await http.read()
    except TimeoutError:
        raise ProblemError("too_slow", f"The body did not come within {BODY_S:g} s.") from None


async def _read(http: web.Request, model: type[BaseModel]) -> Input:
    raw = await read_body(http)
    if len(raw) > BODY_MAX:
        raise ProblemError("too_large", f"A body can have {BODY_MAX} bytes at most.")
    try:
        body = model.model_validate_json(raw)
    except ValidationError as error:
        raise problem_of(error) from error
    assert isinstance(body, Input)
    return body
