"""What one participant sends: its streams, its presence, the hop it sends over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mediasrv.call.consumer import Consumer
from mediasrv.call.proof import Presence
from mediasrv.call.source import Source
from mediasrv.call.uplink import Uplink
from mediasrv.rtp.header import find_extension
from mediasrv.rtp.loss import LossWindow
from mediasrv.sdp.negotiation import MID, Medium

#: Streams a participant may send; a browser sends three.
MAX_SOURCES = 16
#: Further SSRCs whose packets are looked at. libsrtp keeps every SSRC for good that has once come
#: authenticated, and searches them one after the other: without an end, all calls would wait.
MAX_STRANGERS = 8


class Inbound:
    """The receiving half of a participant. ``rx`` is None until there are keys."""

    __slots__ = (
        "_consumers",
        "_media",
        "camera",
        "control_bytes",
        "control_packets",
        "current",
        "keyframe_requests",
        "loss",
        "nacks_sent",
        "presence",
        "rx",
        "sources",
        "strangers",
        "uplink",
    )

    def __init__(self, media: Sequence[Medium], presence: Presence) -> None:
        self._media = media
        self._consumers: dict[str, Sequence[Consumer]] = {}
        self.rx: Any = None
        #: The side's, not the connection's: a quick rejoin leaves no hole in the proof.
        self.presence = presence
        self.sources: dict[int, Source] = {}
        #: The stream last forwarded of each kind, or the first one announced.
        self.current: dict[str, Source] = {}
        #: That of its pictures again: looked at every few milliseconds.
        self.camera: Source | None = None
        #: SSRCs that came authenticated and are no sources.
        self.strangers: set[int] = set()
        #: Congestion control of the hop from it to the relay.
        self.uplink = Uplink()
        #: RTCP, in the clear.
        self.control_packets = self.control_bytes = 0
        self.nacks_sent = self.keyframe_requests = 0
        self.loss: dict[int, LossWindow] = {}
        self._announce()

    def _announce(self) -> None:
        """Streams named in the offer; others are recognised by their first packet."""
        for medium in self._media:
            pairs = dict(medium.rtx_of)
            for ssrc in medium.ssrcs:
                primary = self.sources[ssrc] = Source(ssrc, medium)
                if medium.kind not in self.current:
                    self.take_over(primary)
                if ssrc in pairs:
                    self.sources[pairs[ssrc]] = Source(pairs[ssrc], medium, primary)

    def feed(self, kind: str, consumers: Sequence[Consumer]) -> None:
        """From now on its media of a kind goes to these, all of them open."""
        self._consumers[kind] = consumers
        for source in self.sources.values():
            if source.kind == kind:
                source.feed(consumers)

    def take_over(self, source: Source) -> None:
        """This stream is now the one of its kind."""
        self.current[source.kind] = source
        if source.kind == "video":
            self.camera = source

    def want_keyframe(self, kind: str) -> None:
        """Somebody cannot show the picture, if it is one."""
        source = self.current.get(kind)
        if source is not None and source.keyframes is not None:
            source.keyframes.want()

    def may_decrypt(self, ssrc: int) -> bool:
        """Whether a packet of this SSRC, which is no source's, may be shown to libsrtp."""
        return len(self.strangers) < MAX_STRANGERS or ssrc in self.strangers

    def recognise(self, view: memoryview, start: int, end: int, ssrc: int) -> Source | None:
        """Adopts an unannounced stream by its section id or payload type (RFC 8843 section 9.2).

        None: it is of no section, or one too many; it is then a stranger.
        """
        source = None
        if len(self.sources) < MAX_SOURCES:
            source = self._adopted(view, start, end, ssrc)
        if source is None:
            self.strangers.add(ssrc)
        else:
            self.strangers.discard(ssrc)
            self.sources[ssrc] = source
            source.feed(self._consumers.get(source.kind, ()))
        return source

    def _adopted(self, view: memoryview, start: int, end: int, ssrc: int) -> Source | None:
        payload_type = view[start + 1] & 0x7F
        for medium in self._media:
            by_type = {c.payload_type: False for c in medium.codecs}
            by_type |= {c.red: False for c in medium.codecs if c.red is not None}
            by_type |= {c.rtx: True for c in medium.codecs if c.rtx is not None}
            if payload_type not in by_type:
                continue
            section = find_extension(view, start, end, medium.extension_id(MID) or 256)
            if section is not None and section.decode("latin-1") != medium.mid:
                continue
            primary = None
            if by_type[payload_type]:
                primary = self.current.get(medium.kind)
                if primary is None:
                    return None
            return Source(ssrc, medium, primary)
        return None

    @property
    def packets(self) -> int:
        """Packets taken from this side."""
        return self.control_packets + sum(s.packets for s in self.sources.values())

    @property
    def bytes(self) -> int:
        """Bytes taken from this side, in the clear."""
        return self.control_bytes + sum(s.bytes for s in self.sources.values())

    def sample(self) -> None:
        """Once a second: loss."""
        for ssrc, source in self.sources.items():
            if source.is_rtx or source.packets == 0:
                continue
            window = self.loss.setdefault(ssrc, LossWindow())
            window.sample(source.expected, source.expected - source.packets)

    def last_media(self, kind: str) -> float:
        """When media of a kind last came from this side; minus infinity for never."""
        times = [s.last_at for s in self.sources.values() if s.kind == kind]
        return max(times, default=float("-inf"))
