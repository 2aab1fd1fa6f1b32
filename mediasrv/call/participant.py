"""One side of a call while it is joined: its transport, its streams, its counters."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from mediasrv.call.proof import SILENCE_S, Presence
from mediasrv.call.track import Source, Track
from mediasrv.call.uplink import Uplink
from mediasrv.net.route import Route, Stream
from mediasrv.rtcp.downlink import Downlink
from mediasrv.rtp.header import find_extension
from mediasrv.rtp.loss import LossWindow, fraction
from mediasrv.sdp.negotiation import MID, TRANSPORT_CC, Agreement
from mediasrv.stats import Media, Side, State
from mediasrv.transport.dtls import Certificate, Dtls, DtlsState
from mediasrv.transport.ice import CONSENT_TIMEOUT_S, IceLite
from mediasrv.transport.srtp import SrtpPair

if TYPE_CHECKING:
    from mediasrv.call.call import Call
    from mediasrv.net.pktinfo import Local

#: Addresses a participant may have proven at once; the oldest unused one makes room.
MAX_ROUTES = 8
#: Streams a participant may send; a browser sends three.
MAX_SOURCES = 16
#: Further SSRCs whose packets are looked at. libsrtp keeps every SSRC for good that has once come
#: authenticated, and searches them one after the other: without an end, all calls would wait.
MAX_STRANGERS = 8
#: DTLS datagrams taken from a participant in one second; a handshake needs about six.
MAX_DTLS_PER_S = 60


class Participant:
    """State of one side. Created by a join, dropped by leave, rejoin or close."""

    __slots__ = (
        "_bytes_before",
        "agreement",
        "bitrate_in",
        "bitrate_out",
        "call",
        "camera",
        "control_bytes_in",
        "control_bytes_out",
        "control_in",
        "control_out",
        "downlink",
        "dtls",
        "dtls_budget",
        "flowed",
        "gone",
        "ice",
        "keyframe_requests",
        "loss_in",
        "nacks_in",
        "nacks_out",
        "nacks_served",
        "peer",
        "presence",
        "receives",
        "route",
        "routes",
        "rtt_s",
        "rx",
        "sends",
        "side",
        "sources",
        "sr_seen",
        "srtp",
        "state",
        "strangers",
        "tx",
        "uplink",
        "version",
    )

    def __init__(self, call: Call, side: Side, agreement: Agreement, now: float) -> None:
        self.call = call
        self.side: Side = side
        self.agreement = agreement
        self.version = 1
        self.ice = IceLite(agreement.ice, now)
        self.dtls: Dtls | None = None
        self.dtls_budget = MAX_DTLS_PER_S
        self.srtp: SrtpPair | None = None
        self.rx: Any = None
        self.tx: Any = None
        self.routes: OrderedDict[bytes, Route] = OrderedDict()
        self.route: Route | None = None
        self.peer: Participant | None = None
        #: Tracks this side's media goes to, and tracks it is sent, by kind.
        self.sends: dict[str, Track] = {}
        self.receives: dict[str, Track] = {}
        #: Its video track again: looked at every few milliseconds.
        self.camera: Track | None = None
        self.sources: dict[int, Source] = {}
        #: SSRCs that came authenticated and are no sources.
        self.strangers: set[int] = set()
        #: Congestion control of its two hops: from it to the relay, and from the relay to it.
        self.uplink = Uplink()
        self.downlink = Downlink()
        self.presence = Presence()
        self.flowed = False
        self.gone = False
        self.state: State = "connecting"
        #: Packets other than forwarded media: RTCP, and retransmissions the relay makes itself.
        self.control_in = self.control_out = 0
        self.control_bytes_in = self.control_bytes_out = 0
        self._bytes_before = (0, 0)
        self.bitrate_in = self.bitrate_out = 0
        self.loss_in: dict[int, LossWindow] = {}
        self.nacks_in = self.nacks_served = self.nacks_out = self.keyframe_requests = 0
        #: When sender reports passed to this side, by the middle of their NTP time (for its RTT).
        self.sr_seen: OrderedDict[int, float] = OrderedDict()
        self.rtt_s: float | None = None

    def announce_sources(self) -> None:
        """Streams named in the offer; others are recognised by their first packet."""
        self.sources.clear()
        for medium in self.agreement.media:
            track = self.sends[medium.kind]
            pairs = dict(medium.rtx_of)
            counter = medium.extension_id(TRANSPORT_CC)
            for ssrc in medium.ssrcs:
                primary = Source(ssrc, track, counter_id=counter)
                self.sources[ssrc] = primary
                if ssrc in pairs:
                    repeat = Source(pairs[ssrc], track, primary, counter_id=counter)
                    self.sources[pairs[ssrc]] = repeat

    def may_decrypt(self, ssrc: int) -> bool:
        """Whether a packet of this SSRC, which is no source's, may be shown to libsrtp."""
        return len(self.strangers) < MAX_STRANGERS or ssrc in self.strangers

    def recognise(self, view: memoryview, start: int, end: int, ssrc: int) -> Source | None:
        """Adopts an unannounced stream by its section id or payload type (RFC 8843 section 9.2).

        None: it is of no section, or one too many; it is then a stranger.
        """
        source = None
        if len(self.sources) < MAX_SOURCES:
            source = self._adopt(view, start, end, ssrc)
        if source is None:
            self.strangers.add(ssrc)
        else:
            self.strangers.discard(ssrc)
        return source

    def _adopt(self, view: memoryview, start: int, end: int, ssrc: int) -> Source | None:
        payload_type = view[start + 1] & 0x7F
        for medium in self.agreement.media:
            by_type = {c.payload_type: False for c in medium.codecs}
            by_type |= {c.red: False for c in medium.codecs if c.red is not None}
            by_type |= {c.rtx: True for c in medium.codecs if c.rtx is not None}
            if payload_type not in by_type:
                continue
            section = find_extension(view, start, end, medium.extension_id(MID) or 256)
            if section is not None and section.decode("latin-1") != medium.mid:
                continue
            track = self.sends[medium.kind]
            primary = None
            if by_type[payload_type]:
                primary = track.source
                if primary is None:
                    return None
            counter = medium.extension_id(TRANSPORT_CC)
            source = self.sources[ssrc] = Source(ssrc, track, primary, counter_id=counter)
            return source
        return None

    def add_route(self, key: bytes, stream: Stream | None, local: Local | None) -> Route:
        """A proven address, now the most recently used one."""
        route = self.routes.get(key)
        if route is None:
            route = self.routes[key] = Route(key, self, stream, local)
        self.routes.move_to_end(key)
        return route

    def surplus_route(self) -> Route | None:
        """Takes out the oldest unused address when there are too many."""
        if len(self.routes) <= MAX_ROUTES:
            return None
        key = next(k for k, route in self.routes.items() if route is not self.route)
        return self.routes.pop(key)

    def open_dtls(self, certificate: Certificate) -> Dtls:
        """The association, made with the first datagram that has passed the rate limit."""
        self.dtls = Dtls(certificate, "server", self.agreement.fingerprints)
        return self.dtls

    def secure(self) -> None:
        """Takes the SRTP keys over once the handshake is done."""
        if self.dtls is not None and self.dtls.keys is not None and self.srtp is None:
            self.srtp = SrtpPair(self.dtls.keys)
            self.rx, self.tx = self.srtp.rx, self.srtp.tx

    @property
    def ready(self) -> bool:
        """Media can be sent to it."""
        return self.tx is not None and self.route is not None and not self.gone

    def review(self, now: float) -> bool:
        """Brings ``state`` up to date; True when it changed."""
        before = self.state
        self.state = self._state_at(now)
        return self.state != before

    def _state_at(self, now: float) -> State:
        failed = self.dtls is not None and self.dtls.state in (DtlsState.CLOSED, DtlsState.FAILED)
        if self.gone or failed or now - self.ice.last_check > CONSENT_TIMEOUT_S:
            self.gone = True
            return "gone"
        if self.tx is None:
            return "connecting"
        for source in self.sources.values():
            if now - source.last_at <= SILENCE_S:
                self.flowed = True
                return "flowing"
        if self.flowed and now - self.presence.heard > SILENCE_S:
            return "interrupted"
        return "connected"

    def last_media(self, kind: str) -> float:
        """When media of a kind last came from this side; minus infinity for never."""
        times = [s.last_at for s in self.sources.values() if s.track.kind == kind]
        return max(times, default=float("-inf"))

    @property
    def bytes_in(self) -> int:
        """Bytes taken from this side, in the clear."""
        return self.control_bytes_in + sum(s.bytes for s in self.sources.values())

    @property
    def bytes_out(self) -> int:
        """Bytes sent to this side, encrypted."""
        return self.control_bytes_out + sum(t.bytes for t in self.receives.values())

    def sample(self) -> None:
        """Once a second: bitrates and loss."""
        bytes_in, bytes_out = self._bytes_before
        self._bytes_before = (self.bytes_in, self.bytes_out)
        self.bitrate_in = 8 * (self._bytes_before[0] - bytes_in)
        self.bitrate_out = 8 * (self._bytes_before[1] - bytes_out)
        for ssrc, source in self.sources.items():
            if source.is_rtx or source.packets == 0:
                continue
            window = self.loss_in.setdefault(ssrc, LossWindow())
            window.sample(source.expected, source.expected - source.packets)

    def media(self, now: float) -> Media:
        """Everything the call page and the operator are shown of this side."""
        primaries = [s for s in self.sources.values() if not s.is_rtx and s.packets]
        jitter = max((1000 * s.jitter / s.clock_rate for s in primaries), default=0.0)
        return Media(
            state=self.state,
            packets_in=self.control_in + sum(s.packets for s in self.sources.values()),
            packets_out=self.control_out + sum(t.packets for t in self.receives.values()),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            bitrate_in_bps=self.bitrate_in,
            bitrate_out_bps=self.bitrate_out,
            loss_in=round(fraction(list(self.loss_in.values())), 4),
            loss_out=round(fraction([t.loss for t in self.receives.values()]), 4),
            jitter_ms=round(jitter, 1),
            rtt_ms=None if self.rtt_s is None else round(1000 * self.rtt_s, 1),
            last_audio_ms=_ago_ms(self.last_media("audio"), now),
            last_video_ms=_ago_ms(self.last_media("video"), now),
            nacks_in=self.nacks_in,
            nacks_served=self.nacks_served,
            nacks_out=self.nacks_out,
            keyframe_requests=self.keyframe_requests,
            freezes=sum(s.freezes for s in primaries if s.track.kind == "video"),
        )


def _ago_ms(at: float, now: float) -> int | None:
    return None if at == float("-inf") else max(0, int(1000 * (now - at)))
