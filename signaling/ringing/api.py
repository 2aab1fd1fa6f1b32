"""Quotes, blocked clients over REST."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from signaling.calls.work import Calls
from signaling.kernel.clock import Clock
from signaling.kernel.http.identity import PROVIDER, SIGNED_IN
from signaling.kernel.http.inputs import Input
from signaling.kernel.http.routing import ApiRequest, Route
from signaling.kernel.http.views import View
from signaling.kernel.problems import not_found
from signaling.kernel.room import Room
from signaling.ringing.blocks import Blocked, Blocks
from signaling.ringing.terms import Offers
from signaling.ringing.views import BlockedView, QuoteView


class BlockInput(Input):
    call: str = Field(min_length=1, max_length=64)


class QuoteAnswer(View):
    quote: QuoteView


class BlocksAnswer(View):
    blocked: list[BlockedView]


@dataclass(frozen=True)
class RingingApi:
    """The handlers."""

    offers: Offers
    blocked: Blocks
    calls: Calls
    clock: Clock

    async def quote(self, request: ApiRequest) -> QuoteAnswer:
        return QuoteAnswer(quote=await self.offers.quote(request.user, request.path["slug"]))

    async def blocks(self, request: ApiRequest) -> BlocksAnswer:
        found = await self.blocked.of_provider(request.user.id)
        return BlocksAnswer(
            blocked=[BlockedView(client_id=b.client_id, name=b.name, at_ms=b.at_ms) for b in found]
        )

    async def block(self, request: ApiRequest) -> BlocksAnswer:
        """A provider knows clients by the calls they made only."""
        call = await self.calls.get(request.read(BlockInput).call)
        if call.provider_id != request.user.id:
            raise not_found("This call")
        blocked = Blocked(call.client_id, call.client_name, at_ms=self.clock())
        await self.blocked.block(request.user.id, blocked)
        return await self.blocks(request)

    async def unblock(self, request: ApiRequest) -> None:
        await self.blocked.unblock(request.user.id, request.path["client"])

    def room(self) -> Room:
        """Its rows."""
        return Room(
            routes=(
                Route(
                    "GET",
                    "/public/services/{slug}/quote",
                    self.quote,
                    "What a call would cost now",
                    QuoteAnswer,
                    roles=SIGNED_IN,
                ),
                Route(
                    "GET", "/blocks", self.blocks, "Blocked clients", BlocksAnswer, roles=PROVIDER
                ),
                Route(
                    "POST",
                    "/blocks",
                    self.block,
                    "Block the client of a call",
                    BlocksAnswer,
                    BlockInput,
                    roles=PROVIDER,
                    status=201,
                ),
                Route(
                    "DELETE",
                    "/blocks/{client}",
                    self.unblock,
                    "Unblock a client",
                    roles=PROVIDER,
                    status=204,
                ),
            )
        )
