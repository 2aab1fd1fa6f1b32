"""REST: a person's calls."""

from __future__ import annotations

from signaling import directory
from signaling.errors import invalid
from signaling.routing import SIGNED_IN, ApiRequest, Route
from signaling.views import CallView, View


class CallAnswer(View):
    call: CallView


class CallsAnswer(View):
    calls: list[CallView]


BEFORE = {"before": "only calls that started before this time (Unix milliseconds)"}


async def calls(request: ApiRequest) -> CallsAnswer:
    before_ms = before_of(request)
    return CallsAnswer(calls=await directory.calls(request.ctx, request.user, before_ms))


async def call(request: ApiRequest) -> CallAnswer:
    return CallAnswer(call=await directory.call(request.ctx, request.user, request.path["id"]))


def before_of(request: ApiRequest) -> int | None:
    text = request.query["before"]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid("before", "This is a time in Unix milliseconds.")
    return int(text)


ROUTES: tuple[Route, ...] = (
    Route("GET", "/calls", calls, "Own calls", CallsAnswer, roles=SIGNED_IN, query=BEFORE),
    Route("GET", "/calls/{id}", call, "A call", CallAnswer, roles=SIGNED_IN),
)
