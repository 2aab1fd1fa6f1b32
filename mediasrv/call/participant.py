"""One side of a call while it is joined: a connection with an inbound, an outbound half."""

from __future__ import annotations

from mediasrv.call.inbound import Inbound
from mediasrv.call.outbound import Feed, Outbound
from mediasrv.call.proof import SILENCE_S, Presence
from mediasrv.rtp.loss import fraction
from mediasrv.sdp.negotiation import Agreement
from mediasrv.stats import Media, Side, State
from mediasrv.transport.connection import MAX_DTLS_PER_S, Connection


class Participant:
    """State of one side. Created by a join, dropped by leave, rejoin or close."""

    __slots__ = (
        "_bytes_before",
        "agreement",
        "bitrate_in",
        "bitrate_out",
        "connection",
        "flowed",
        "gone",
        "inbound",
        "outbound",
        "side",
        "state",
        "version",
    )

    def __init__(
        self, side: Side, agreement: Agreement, presence: Presence, feed: Feed, now: float
    ) -> None:
        self.side: Side = side
        self.agreement = agreement
        #: Counts the answers to one offer: each new one restarts ICE.
        self.version = 1
        self.connection = Connection(agreement.ice, agreement.fingerprints, now)
        self.inbound = Inbound(agreement.media, presence)
        self.outbound = Outbound(feed)
        self.flowed = False
        self.gone = False
        self.state: State = "connecting"
        self._bytes_before = (0, 0)
        self.bitrate_in = self.bitrate_out = 0

    def secure(self) -> bool:
        """Takes the keys over once the handshake is done; False: not now."""
        srtp = self.connection.secure()
        if srtp is None:
            return False
        self.inbound.rx = srtp.rx
        return True

    def forget(self) -> None:
        """Nothing is taken from it, or sent to it, any more."""
        self.connection.forget()
        self.inbound.rx = None

    @property
    def ready(self) -> bool:
        """Media can be sent to it."""
        return self.connection.ready and not self.gone

    def review(self, now: float) -> bool:
        """Brings ``state`` up to date; True when it changed."""
        before = self.state
        self.state = self._state_at(now)
        return self.state != before

    def _state_at(self, now: float) -> State:
        if self.gone or self.connection.is_lost(now):
            self.gone = True
            return "gone"
        if self.connection.srtp is None:
            return "connecting"
        for source in self.inbound.sources.values():
            if now - source.last_at <= SILENCE_S:
                self.flowed = True
                return "flowing"
        if self.flowed and now - self.inbound.presence.heard > SILENCE_S:
            return "interrupted"
        return "connected"

    def sample(self) -> None:
        """Once a second: bitrates, loss, a fresh budget."""
        self.connection.dtls_budget = MAX_DTLS_PER_S
        bytes_in, bytes_out = self._bytes_before
        self._bytes_before = (self.inbound.bytes, self.outbound.bytes)
        self.bitrate_in = 8 * (self._bytes_before[0] - bytes_in)
        self.bitrate_out = 8 * (self._bytes_before[1] - bytes_out)
        self.inbound.sample()

    def media(self, now: float) -> Media:
        """Everything the call page and the operator are shown of this side."""
        inbound, outbound = self.inbound, self.outbound
        primaries = [s for s in inbound.sources.values() if not s.is_rtx and s.packets]
        jitter = max((1000 * s.jitter / s.clock_rate for s in primaries), default=0.0)
        rtt_s = outbound.rtt_s
        return Media(
            state=self.state,
            packets_in=inbound.packets,
            packets_out=outbound.packets,
            bytes_in=inbound.bytes,
            bytes_out=outbound.bytes,
            bitrate_in_bps=self.bitrate_in,
            bitrate_out_bps=self.bitrate_out,
            loss_in=round(fraction(list(inbound.loss.values())), 4),
            loss_out=round(fraction([c.loss for c in outbound.feed.consumers.values()]), 4),
            jitter_ms=round(jitter, 1),
            rtt_ms=None if rtt_s is None else round(1000 * rtt_s, 1),
            last_audio_ms=_ago_ms(inbound.last_media("audio"), now),
            last_video_ms=_ago_ms(inbound.last_media("video"), now),
            nacks_in=outbound.nacks_received,
            nacks_served=outbound.nacks_served,
            nacks_out=inbound.nacks_sent,
            keyframe_requests=inbound.keyframe_requests,
            freezes=sum(s.freezes for s in primaries if s.kind == "video"),
        )


def _ago_ms(at: float, now: float) -> int | None:
    return None if at == float("-inf") else max(0, int(1000 * (now - at)))
