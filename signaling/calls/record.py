"""The call record: everything a web process must know of a call, as one immutable value."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Literal

import msgpack

from signaling.pricing.rules import Timeouts

Side = Literal["client", "provider"]


class State(StrEnum):
    """Where a call is (product.md); the last five are final."""

    OPENING = "opening"
    RINGING = "ringing"
    CONNECTING = "connecting"
    LIVE = "live"
    INTERRUPTED = "interrupted"
    PAUSED = "paused"
    ON_HOLD = "on_hold"
    ENDED = "ended"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    FAILED = "failed"


OVER = frozenset({State.ENDED, State.DECLINED, State.NO_ANSWER, State.CANCELLED, State.FAILED})
ANSWERED = frozenset({State.CONNECTING, State.LIVE, State.INTERRUPTED, State.PAUSED, State.ON_HOLD})


class Reason(StrEnum):
    """Why a call is over: a closed list, shown on receipts."""

    CLIENT_HUNG_UP = "client_hung_up"
    PROVIDER_HUNG_UP = "provider_hung_up"
    BALANCE_EXHAUSTED = "balance_exhausted"
    MEDIA_LOST = "media_lost"
    SPEND_CAP = "spend_cap"
    OPERATOR_ENDED = "operator_ended"
    SERVER_LOST = "server_lost"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Mode:
    """How the relay treats a call's media."""

    forward: bool
    count: bool


@dataclass(frozen=True, slots=True)
class Call:
    """One call. Names and titles are as they were at its start; `tariff` is packed by metering."""

    id: str
    client_id: str
    client_name: str
    provider_id: str
    provider_name: str
    service_id: str
    service_slug: str
    service_title: str
    tariff: bytes
    limits: Timeouts
    created_at_ms: int
    audio: bool = True
    video: bool = True
    state: State = State.OPENING
    reason: Reason | None = None
    answered_at_ms: int | None = None
    live_at_ms: int | None = None
    ended_at_ms: int | None = None
    deadline_at_ms: int | None = None
    affordable_s: int | None = None  # what the client could pay for when the call was opened
    spending_cap_micros: int | None = None  # the most the client wants to pay for this call
    cap_due: bool = False  # the books have yet to be told of a raised cap
    relay: str | None = None  # id of the relay that carries the media
    resume_to: State = State.LIVE  # where an interruption or a hold returns to: live or paused
    server_lost: bool = False  # the present interruption is our fault
    mode_due: bool = False  # the relay has yet to be told how to treat the media
    paused_at_ms: int | None = None
    paused_ms: int = 0
    resume_asked: bool = False  # the provider wants the clock to run again
    receipt: bytes | None = None
    settled: bool = False  # receipt written and the provider's share at home
    version: int = 1  # of the record; every write names the one it replaces

    @property
    def over(self) -> bool:
        """Nothing but settling happens any more."""
        return self.state in OVER

    @property
    def mode(self) -> Mode:
        """What the state means for the media: on hold nothing passes, paused it passes unbilled."""
        if self.state is State.ON_HOLD:
            return Mode(forward=False, count=False)
        paused = self.state is State.PAUSED or (
            self.state is State.INTERRUPTED and self.resume_to is State.PAUSED
        )
        return Mode(forward=True, count=not paused)

    def side_of(self, user_id: str) -> Side | None:
        """Which party of the call a person is."""
        if user_id == self.client_id:
            return "client"
        return "provider" if user_id == self.provider_id else None

    def pack(self) -> bytes:
        """The record as stored; `version` is kept beside it."""
        fields = asdict(self)
        del fields["version"]
        return bytes(msgpack.packb(fields))

    @classmethod
    def unpack(cls, data: bytes, version: int) -> Call:
        """The inverse of `pack`."""
        fields: dict[str, Any] = msgpack.unpackb(data)
        limits: dict[str, Any] = fields["limits"]
        limits["low_balance_s"] = tuple(limits["low_balance_s"])
        reason = fields["reason"]
        fields["limits"] = Timeouts(**limits)
        fields["state"] = State(fields["state"])
        fields["resume_to"] = State(fields["resume_to"])
        fields["reason"] = None if reason is None else Reason(reason)
        return cls(**fields, version=version)
