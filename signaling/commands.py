"""What a browser may ask for over its WebSocket, as a table (protocol, section 2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field

from signaling.accounts import Role
from signaling.call import Call
from signaling.call_events import (
    Accepted,
    Cancelled,
    Declined,
    Event,
    HungUp,
    OperatorEnded,
    Paused,
    ResumeAsked,
    Resumed,
)
from signaling.context import Context
from signaling.directory import viewer_of
from signaling.errors import ProblemError
from signaling.hub import Hub
from signaling.inputs import OFFER_MAX, Amount, Input
from signaling.presenting import call_view
from signaling.rate_limit import RINGS_BY_PERSON
from signaling.routing import SIGNED_IN
from signaling.socket import Socket
from signaling.starting import CallRequest, start_call

_CALL_ID = Field(min_length=1, max_length=64)


class Nothing(Input):
    pass


class StartCall(Input):
    service: str = Field(min_length=1, max_length=100)
    tariff_hash: str = Field(max_length=64)
    consent: bool
    audio: bool = True
    video: bool = True
    spending_cap: Amount | None = None


class OneCall(Input):
    call: str = _CALL_ID


class JoinMedia(Input):
    call: str = _CALL_ID
    offer: str = Field(min_length=1, max_length=OFFER_MAX)


class Switch(Input):
    on: bool


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of one socket, its body validated."""

    ctx: Context
    hub: Hub
    socket: Socket
    body: Any


Fields = Mapping[str, Any]
Handler = Callable[[Asked], Awaitable[Fields]]


@dataclass(frozen=True, slots=True)
class Command:
    """One row of the table."""

    body: type[Input]
    handler: Handler
    roles: frozenset[Role]


async def ping(_: Asked) -> Fields:
    return {}


async def start(asked: Asked) -> Fields:
    body: StartCall = asked.body
    request = CallRequest(
        slug=body.service,
        tariff_hash=body.tariff_hash,
        consent=body.consent,
        audio=body.audio,
        video=body.video,
        spending_cap_micros=body.spending_cap,
    )
    return _call(asked, await start_call(asked.ctx, asked.socket.user, request))


async def watch(asked: Asked) -> Fields:
    return _call(asked, await _own_call(asked, "client", "provider"))


async def accept(asked: Asked) -> Fields:
    call = await _own_call(asked, "provider")
    answered = await asked.ctx.calls.apply(call.id, Accepted())
    # Who is answered is no nuisance, however often they ring.
    await asked.ctx.limiter.forgive(RINGS_BY_PERSON, call.client_id)
    return _call(asked, answered)


async def hang_up(asked: Asked) -> Fields:
    call = await _own_call(asked, "client", "provider")
    side = call.side_of(asked.socket.user.id)
    assert side is not None
    return _call(asked, await asked.ctx.calls.apply(call.id, HungUp(side)))


def _by(side: Literal["client", "provider", "operator"], event: Event) -> Handler:
    """A handler that lets one side put one event to a call."""

    async def handler(asked: Asked) -> Fields:
        call = await _own_call(asked, side)
        return _call(asked, await asked.ctx.calls.apply(call.id, event))

    return handler


async def resume(asked: Asked) -> Fields:
    """The provider asks for the clock to run again, the client agrees."""
    call = await _own_call(asked, "client", "provider")
    client = call.side_of(asked.socket.user.id) == "client"
    event: Event = Resumed() if client else ResumeAsked()
    return _call(asked, await asked.ctx.calls.apply(call.id, event))


async def join(asked: Asked) -> Fields:
    body: JoinMedia = asked.body
    call = await _own_call(asked, "client", "provider")
    side = call.side_of(asked.socket.user.id)
    assert side is not None
    answer = await asked.ctx.calls.join(call.id, side, body.offer)
    return {"answer": answer, "ice_servers": asked.ctx.ice_servers(asked.socket.user.id)}


async def set_duty(asked: Asked) -> Fields:
    body: Switch = asked.body
    provider_id, now_ms = asked.socket.user.id, asked.ctx.clock()
    await asked.ctx.presence.set_duty(provider_id, body.on, now_ms)
    duty = await asked.ctx.presence.duty(provider_id, now_ms)
    asked.socket.duty = duty
    return {"duty": duty}


async def watch_live(asked: Asked) -> Fields:
    body: Switch = asked.body
    asked.socket.watches_live = body.on
    return {}


async def _own_call(asked: Asked, *sides: str) -> Call:
    """The call, if the asker is on one of these sides of it."""
    body: OneCall | JoinMedia = asked.body
    call = await asked.ctx.calls.get(body.call)
    if viewer_of(call, asked.socket.user) not in sides:
        raise ProblemError("forbidden", "This is for somebody else in the call.")
    return call


def _call(asked: Asked, call: Call) -> Fields:
    meter = asked.ctx.ticks.meter(call.id)
    return {"call": call_view(call, viewer_of(call, asked.socket.user), meter).as_json()}


_CALLER: frozenset[Role] = frozenset({"client", "guest"})
_PROVIDER: frozenset[Role] = frozenset({"provider"})
_PARTY: frozenset[Role] = frozenset({"client", "guest", "provider"})
_OPERATOR: frozenset[Role] = frozenset({"operator"})

COMMANDS: Mapping[str, Command] = {
    "ping": Command(Nothing, ping, SIGNED_IN),
    # Anyone signed in may try: the refusal says why (one's own service, another role).
    "call.start": Command(StartCall, start, SIGNED_IN),
    "call.watch": Command(OneCall, watch, _PARTY),
    "call.accept": Command(OneCall, accept, _PROVIDER),
    "call.decline": Command(OneCall, _by("provider", Declined()), _PROVIDER),
    "call.cancel": Command(OneCall, _by("client", Cancelled()), _CALLER),
    "call.hang_up": Command(OneCall, hang_up, _PARTY),
    "call.pause": Command(OneCall, _by("provider", Paused()), _PROVIDER),
    "call.resume": Command(OneCall, resume, _PARTY),
    "call.end": Command(OneCall, _by("operator", OperatorEnded()), _OPERATOR),
    "media.join": Command(JoinMedia, join, _PARTY),
    "duty.set": Command(Switch, set_duty, _PROVIDER),
    "live.watch": Command(Switch, watch_live, _OPERATOR),
}
