"""What a relay tells: of a call, of itself; field names are those of ``docs/protocol.md``."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

Side = Literal["client", "provider"]
SIDES: tuple[Side, Side] = ("client", "provider")

State = Literal["connecting", "connected", "flowing", "interrupted", "gone"]


@dataclass(frozen=True, slots=True)
class Media:
    """One participant. *In* is from its browser to the relay, *out* the other way.

    ``loss_*`` are fractions (0 to 1) of the last seconds; ``*_ms`` milliseconds, None for never or
    not known yet; ``bitrate_*`` of the last second, packet headers and encryption included.
    """

    state: State
    packets_in: int
    packets_out: int
    bytes_in: int
    bytes_out: int
    bitrate_in_bps: int
    bitrate_out_bps: int
    loss_in: float
    loss_out: float
    jitter_ms: float
    rtt_ms: float | None
    last_audio_ms: int | None
    last_video_ms: int | None
    nacks_in: int
    nacks_served: int
    nacks_out: int
    keyframe_requests: int
    freezes: int


@dataclass(frozen=True, slots=True)
class CallStats:
    """One call; a side that has not joined is None."""

    call: str
    proof_ms: int
    forward: bool
    count: bool
    media: dict[Side, Media | None]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for msgpack and JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Totals:
    """The whole relay; ``dropped`` counts refused datagrams by kind."""

    calls: int
    participants: int
    draining: bool
    packets_in: int
    packets_out: int
    dropped: dict[str, int]

    def as_dict(self) -> dict[str, Any]:
        """Plain values for msgpack and JSON."""
        return asdict(self)
