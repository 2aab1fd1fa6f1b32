"""REST: whom a provider does not want to be called by."""

from __future__ import annotations

from signaling.blocks import Blocked
from signaling.errors import not_found
from signaling.inputs import BlockInput
from signaling.routing import PROVIDER, ApiRequest, Route
from signaling.views import View


class BlockedView(View):
    client_id: str
    name: str
    at_ms: int


class BlocksAnswer(View):
    blocked: list[BlockedView]


async def blocks(request: ApiRequest) -> BlocksAnswer:
    found = await request.ctx.blocks.of_provider(request.user.id)
    return BlocksAnswer(
        blocked=[BlockedView(client_id=b.client_id, name=b.name, at_ms=b.at_ms) for b in found]
    )


async def block(request: ApiRequest) -> BlocksAnswer:
    """A provider knows clients by the calls they made only."""
    ctx = request.ctx
    call = await ctx.calls.get(request.read(BlockInput).call)
    if call.provider_id != request.user.id:
        raise not_found("This call")
    await ctx.blocks.block(
        request.user.id, Blocked(call.client_id, call.client_name, at_ms=ctx.clock())
    )
    return await blocks(request)


async def unblock(request: ApiRequest) -> None:
    await request.ctx.blocks.unblock(request.user.id, request.path["client"])


ROUTES: tuple[Route, ...] = (
    Route("GET", "/blocks", blocks, "Blocked clients", BlocksAnswer, roles=PROVIDER),
    Route(
        "POST",
        "/blocks",
        block,
        "Block the client of a call",
        BlocksAnswer,
        BlockInput,
        roles=PROVIDER,
        status=201,
    ),
    Route("DELETE", "/blocks/{client}", unblock, "Unblock a client", roles=PROVIDER, status=204),
)
