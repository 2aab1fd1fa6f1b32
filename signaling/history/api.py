"""Past calls over REST."""

from __future__ import annotations

from dataclasses import dataclass

from signaling.history.calls import History
from signaling.history.views import PastCall
from signaling.kernel.http.identity import OPERATOR, SIGNED_IN
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.problems import invalid
from signaling.kernel.room import Room

BEFORE = {"before": "only calls that started before this time (Unix milliseconds)"}


class CallAnswer(View):
    call: PastCall


class CallsAnswer(View):
    calls: list[PastCall]


@dataclass(frozen=True)
class HistoryApi:
    """The handlers."""

    history: History

    async def calls(self, request: ApiRequest) -> CallsAnswer:
        return CallsAnswer(calls=await self.history.of(request.user, _before_ms(request)))

    async def call(self, request: ApiRequest) -> CallAnswer:
        return CallAnswer(call=await self.history.call(request.user, request.path["id"]))

    async def all_calls(self, request: ApiRequest) -> CallsAnswer:
        return CallsAnswer(calls=await self.history.all(request.user, _before_ms(request)))

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/calls",
                    self.calls,
                    "Own calls",
                    CallsAnswer,
                    roles=SIGNED_IN,
                    query=BEFORE,
                ),
                Route("GET", "/calls/{id}", self.call, "A call", CallAnswer, roles=SIGNED_IN),
                Route(
                    "GET",
                    "/admin/calls",
                    self.all_calls,
                    "All calls",
                    CallsAnswer,
                    roles=OPERATOR,
                    query=BEFORE,
                ),
            )
        )


def _before_ms(request: ApiRequest) -> int | None:
    text = request.query["before"]
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise invalid("before", "This is a time in Unix milliseconds.")
    return int(text)
