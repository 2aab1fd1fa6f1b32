"""What can happen to a call.

*Commands* come from a person who pressed something; *observations* from relays, books and clocks,
late and more than once.
"""

from __future__ import annotations

from dataclasses import dataclass

from signaling.calls.record import Mode, Side


@dataclass(frozen=True, slots=True)
class Opened:
    """The books hold the client's money: ring."""

    affordable_s: int | None


@dataclass(frozen=True, slots=True)
class OpenRefused:
    """The books said no after all."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider answers."""


@dataclass(frozen=True, slots=True)
class Declined:
    """The provider does not want the call."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The client gives up before an answer."""


@dataclass(frozen=True, slots=True)
class Abandoned:
    """The client has left while it rang."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """A party leaves for good."""

    side: Side


@dataclass(frozen=True, slots=True)
class OperatorEnded:
    """The operator ends the call."""


@dataclass(frozen=True, slots=True)
class SpendCapReached:
    """The client's own limit for this call is used up."""


@dataclass(frozen=True, slots=True)
class CapRaised:
    """The client is willing to pay more for this call; None: whatever it costs."""

    spending_cap_micros: int | None


@dataclass(frozen=True, slots=True)
class CapSet:
    """The books were told this cap."""

    spending_cap_micros: int | None


@dataclass(frozen=True, slots=True)
class Pinned:
    """This relay carries the media from now on, unless somebody else has chosen another already."""

    relay: str
    instead_of: str | None = None  # the relay of the record on which the choice was made


@dataclass(frozen=True, slots=True)
class MediaFlowing:
    """Both sides' media pass through this relay."""

    relay: str


@dataclass(frozen=True, slots=True)
class MediaLost:
    """One side's media or both stopped at this relay."""

    relay: str


@dataclass(frozen=True, slots=True)
class RelayLost:
    """This relay gives no sign of life, or knows nothing of the call."""

    relay: str


@dataclass(frozen=True, slots=True)
class Exhausted:
    """The client's money pays for no further second."""


@dataclass(frozen=True, slots=True)
class Funded:
    """There is money again."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The provider stops the clock; the talk goes on."""


@dataclass(frozen=True, slots=True)
class ResumeAsked:
    """The provider asks to let the clock run again."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """The client agrees that the clock runs again."""


@dataclass(frozen=True, slots=True)
class TimedOut:
    """Look whether the deadline of the present state has passed."""


@dataclass(frozen=True, slots=True)
class ModeSet:
    """The relay was told this mode."""

    mode: Mode


@dataclass(frozen=True, slots=True)
class Receipted:
    """The books are closed; None when they never knew the call."""

    receipt: bytes | None


@dataclass(frozen=True, slots=True)
class Settled:
    """The provider's share is at home: nothing is left to be done."""


Event = (
    Opened
    | OpenRefused
    | Accepted
    | Declined
    | Cancelled
    | Abandoned
    | HungUp
    | OperatorEnded
    | SpendCapReached
    | CapRaised
    | CapSet
    | Pinned
    | MediaFlowing
    | MediaLost
    | RelayLost
    | Exhausted
    | Funded
    | Paused
    | ResumeAsked
    | Resumed
    | TimedOut
    | ModeSet
    | Receipted
    | Settled
)
