"""What the people in a call ask for over their socket."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from signaling.calls.events import (
    CapRaised,
    Event,
    HungUp,
    OperatorEnded,
    Paused,
    ResumeAsked,
    Resumed,
)
from signaling.calls.record import Call
from signaling.calls.views import call_view, viewer_of
from signaling.calls.work import Calls
from signaling.kernel.http.identity import CALLER, OPERATOR, PARTY, PROVIDER
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.problems import ProblemError
from signaling.kernel.room import Room
from signaling.kernel.sockets.commands import Command, Fields, SocketRequest
from signaling.kernel.store.limits import Limit, RateLimiter
from signaling.relays.ice import IceServers
from signaling.relays.ticks import TickBoard

OFFER_MAX = 60_000  # characters; a browser's is under 10,000

# Each costs the relay a parse and a handshake. A page whose link is lost tries seven times in this
# while, and a wait of 20 s still ends before the call does.
JOINS_BY_PERSON_AND_CALL = Limit("joins", 12, 20)

CALL_ID = Field(min_length=1, max_length=64)


class OneCall(Input):
    call: str = CALL_ID


class JoinMedia(OneCall):
    offer: str = Field(min_length=1, max_length=OFFER_MAX)


class RaiseCap(OneCall):
    """`spending_cap`: the new limit of the call, a decimal string; None lifts it."""

    spending_cap: Amount | None = Field(gt=0)


@dataclass(frozen=True)
class PartyCalls:
    """The calls that a socket's person has a part in; commands of calls build on it."""

    calls: Calls
    ticks: TickBoard

    async def find(self, asked: SocketRequest, *sides: str) -> Call:
        """The call, if the asker is on one of these sides of it. Raises ProblemError."""
        call = await self.calls.get(asked.read(OneCall).call)
        if viewer_of(call, asked.user) not in sides:
            raise ProblemError("forbidden", "This is for somebody else in the call.")
        return call

    async def apply(self, asked: SocketRequest, side: str, event: Event) -> Fields:
        """One side puts an event to the call; answers the call after it."""
        call = await self.find(asked, side)
        return self.shown(asked, await self.calls.apply(call.id, event))

    def shown(self, asked: SocketRequest, call: Call) -> Fields:
        """A call as the asker sees it."""
        meter = self.ticks.meter(call.id)
        return {"call": call_view(call, viewer_of(call, asked.user), meter).as_json()}


@dataclass(frozen=True)
class CallCommands:
    """The handlers."""

    own: PartyCalls
    calls: Calls
    ice: IceServers
    limiter: RateLimiter

    async def watch(self, asked: SocketRequest) -> Fields:
        return self.own.shown(asked, await self.own.find(asked, "client", "provider"))

    async def hang_up(self, asked: SocketRequest) -> Fields:
        call = await self.own.find(asked, "client", "provider")
        side = call.side_of(asked.user.id)
        assert side is not None
        return self.own.shown(asked, await self.calls.apply(call.id, HungUp(side)))

    async def pause(self, asked: SocketRequest) -> Fields:
        return await self.own.apply(asked, "provider", Paused())

    async def resume(self, asked: SocketRequest) -> Fields:
        """The provider asks for the clock to run again, the client agrees."""
        call = await self.own.find(asked, "client", "provider")
        client = call.side_of(asked.user.id) == "client"
        event: Event = Resumed() if client else ResumeAsked()
        return self.own.shown(asked, await self.calls.apply(call.id, event))

    async def raise_cap(self, asked: SocketRequest) -> Fields:
        """The client wants to pay more for this call than they said in the lobby."""
        raised = CapRaised(asked.read(RaiseCap).spending_cap)
        return await self.own.apply(asked, "client", raised)

    async def end(self, asked: SocketRequest) -> Fields:
        return await self.own.apply(asked, "operator", OperatorEnded())

    async def join(self, asked: SocketRequest) -> Fields:
        call = await self.own.find(asked, "client", "provider")
        side = call.side_of(asked.user.id)
        assert side is not None
        await self.limiter.take(JOINS_BY_PERSON_AND_CALL, f"{asked.user.id}:{call.id}")
        answer = await self.calls.join(call.id, side, asked.read(JoinMedia).offer)
        return {"answer": answer, "ice_servers": self.ice.of(asked.user.id)}

    def room(self) -> Room:
        """Its rows."""
        return Room(
            commands={
                "call.watch": Command(OneCall, self.watch, PARTY),
                "call.hang_up": Command(OneCall, self.hang_up, PARTY),
                "call.pause": Command(OneCall, self.pause, PROVIDER),
                "call.resume": Command(OneCall, self.resume, PARTY),
                "call.raise_cap": Command(RaiseCap, self.raise_cap, CALLER),
                "call.end": Command(OneCall, self.end, OPERATOR),
                "media.join": Command(JoinMedia, self.join, PARTY),
            }
        )
