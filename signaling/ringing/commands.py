"""What rings over a socket: start, accept, decline, cancel."""

from __future__ import annotations

from dataclasses import dataclass

from pydantic import Field

from signaling.calls.commands import OneCall, PartyCalls
from signaling.calls.events import Accepted, Cancelled, Declined
from signaling.kernel.http.identity import CALLER, PROVIDER, SIGNED_IN
from signaling.kernel.http.inputs import Amount, Input
from signaling.kernel.room import Room
from signaling.kernel.sockets.commands import Command, Fields, SocketRequest
from signaling.kernel.store.limits import RateLimiter
from signaling.ringing.start import RINGS_BY_PERSON, CallRequest, Start


class StartCall(Input):
    service: str = Field(min_length=1, max_length=100)
    tariff_hash: str = Field(max_length=64)
    consent: bool
    audio: bool = True
    video: bool = True
    spending_cap: Amount | None = None


@dataclass(frozen=True)
class RingingCommands:
    """The handlers."""

    own: PartyCalls
    starts: Start
    limiter: RateLimiter

    async def start(self, asked: SocketRequest) -> Fields:
        body = asked.read(StartCall)
        request = CallRequest(
            slug=body.service,
            tariff_hash=body.tariff_hash,
            consent=body.consent,
            audio=body.audio,
            video=body.video,
            spending_cap_micros=body.spending_cap,
        )
        return self.own.shown(asked, await self.starts.ring(asked.user, request))

    async def accept(self, asked: SocketRequest) -> Fields:
        call = await self.own.find(asked, "provider")
        answered = await self.own.apply(asked, "provider", Accepted())
        # Who is answered is no nuisance, however often they ring.
        await self.limiter.forgive(RINGS_BY_PERSON, call.client_id)
        return answered

    async def decline(self, asked: SocketRequest) -> Fields:
        return await self.own.apply(asked, "provider", Declined())

    async def cancel(self, asked: SocketRequest) -> Fields:
        return await self.own.apply(asked, "client", Cancelled())

    def room(self) -> Room:
        """Its rows."""
        return Room(
            commands={
                # Anyone signed in may try: the refusal says why (one's own service, another role).
                "call.start": Command(StartCall, self.start, SIGNED_IN),
                "call.accept": Command(OneCall, self.accept, PROVIDER),
                "call.decline": Command(OneCall, self.decline, PROVIDER),
                "call.cancel": Command(OneCall, self.cancel, CALLER),
            }
        )
