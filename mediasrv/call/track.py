"""A track: what one side is sent of the other's microphone or camera.

It belongs to the call, not to a connection, so the receiver sees one unbroken stream (same SSRC,
running sequence numbers and timestamps) however often the sender reloads its page.
"""

from __future__ import annotations

from typing import Any, Final

from mediasrv.net.route import Route
from mediasrv.rtcp.downlink import Downlink
from mediasrv.rtp.header import ExtensionMap
from mediasrv.rtp.keyframes import KeyframeRequester
from mediasrv.rtp.loss import LossWindow
from mediasrv.rtp.nack_requester import NackRequester
from mediasrv.rtp.packet_cache import PacketCache
from mediasrv.rtp.reception import Reception
from mediasrv.rtp.red import RedMap
from mediasrv.rtp.transport_seq import UNKNOWN, SeqLayout

CLOCK_RATES = {"audio": 48_000, "video": 90_000}
#: Numbers left out where a new sender takes over, so that a decoder sees the break as a loss.
NUMBER_GAP: Final = 1
NO_PAYLOAD_TYPE: Final = 255


class Numbering:
    """Offsets from a source's sequence numbers and timestamps to the track's own."""

    __slots__ = ("fresh", "last_at", "last_seq", "last_timestamp", "seq_offset", "timestamp_offset")

    def __init__(self) -> None:
        self.seq_offset = 0
        self.timestamp_offset = 0
        #: True until the first packet of a source (or after a pause) has set the offsets.
        self.fresh = True
        self.last_seq = -1
        self.last_timestamp = 0
        self.last_at = 0.0

    def stop(self, seq: int, timestamp: int, at: float) -> None:
        """Notes the last packet of a source, in the source's own numbers."""
        if not self.fresh:
            self.last_seq = (seq + self.seq_offset) & 0xFFFF
            self.last_timestamp = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
            self.last_at = at
            self.fresh = True

    def start(self, seq: int, timestamp: int, now: float, clock_rate: int) -> None:
        """Continues after the last packet, with the timestamp that the time between asks for."""
        self.fresh = False
        if self.last_seq < 0:
            self.seq_offset = self.timestamp_offset = 0
            return
        following = self.last_seq + 1 + NUMBER_GAP
        passed = max(int((now - self.last_at) * clock_rate), 1)
        self.seq_offset = (following - seq) & 0xFFFF
        self.timestamp_offset = (self.last_timestamp + passed - timestamp) & 0xFFFFFFFF


class Track(Numbering):
    """The forwarding state of one kind of media in one direction.

    Everything the media path needs of the receiver is here too (``tx``, ``route``), so that a
    packet touches few objects: with hundreds of calls, each one is a cache miss.
    """

    __slots__ = (
        "bytes",
        "cache",
        "codecs",
        "downlink",
        "extensions",
        "first_extended",
        "keyframes",
        "kind",
        "loss",
        "packets",
        "payload_types",
        "red",
        "route",
        "rtx_payload_types",
        "rtx_seq",
        "rtx_ssrc",
        "source",
        "ssrc",
        "tx",
    )

    def __init__(self, kind: str, ssrc: int, rtx_ssrc: int) -> None:
        super().__init__()
        self.kind = kind
        self.ssrc = ssrc
        self.rtx_ssrc = rtx_ssrc
        self.rtx_seq = 0
        #: Extended number (of the source) from which on packets belong to this numbering.
        self.first_extended = 0
        self.source: Source | None = None
        #: Sender's payload type → receiver's, ``NO_PAYLOAD_TYPE`` for none.
        self.payload_types = bytes([NO_PAYLOAD_TYPE]) * 128
        #: Receiver's payload type → its retransmission payload type.
        self.rtx_payload_types: dict[int, int] = {}
        #: Sender's payload type → codec name.
        self.codecs: dict[int, str] = {}
        self.extensions: ExtensionMap | None = None
        #: How redundant audio is rewritten for the receiver, None when it is taken as it is.
        self.red: RedMap | None = None
        #: The receiver's while media flows, else None.
        self.tx: Any = None
        self.route: Route | None = None
        #: None where the receiver knows no transport-wide numbers.
        self.downlink: Downlink | None = None
        #: Forwarded to the present receiver.
        self.packets = 0
        self.bytes = 0
        self.keyframes: KeyframeRequester | None = KeyframeRequester() if kind == "video" else None
        self.cache: PacketCache | None = PacketCache() if kind == "video" else None
        self.loss = LossWindow()

    @property
    def is_open(self) -> bool:
        """Whether media flows."""
        return self.route is not None

    def resume(self, source: Source, seq: int, timestamp: int, now: float) -> None:
        """The first packet of a source, or the first after a pause."""
        self.start(seq, timestamp, now, source.clock_rate)
        self.first_extended = source.extend(seq)
        self.source = source
        if self.cache is not None:
            self.cache.clear()

    def pause(self) -> None:
        """Nothing is forwarded from here on until ``resume``."""
        source = self.source
        if source is not None:
            self.stop(source.max_seq, source.last_timestamp, source.last_at)


class Source(Reception):
    """One SSRC a participant sends; ``track`` is where its packets go."""

    __slots__ = (
        "counter_id",
        "is_rtx",
        "layout",
        "nacks",
        "primary",
        "reported_expected",
        "reported_packets",
        "sender_report",
        "sender_report_at",
        "ssrc",
        "track",
    )

    def __init__(
        self, ssrc: int, track: Track, primary: Source | None = None, counter_id: int = 0
    ) -> None:
        super().__init__(CLOCK_RATES[track.kind])
        self.ssrc = ssrc
        self.track = track
        #: Id of the transport-wide number in its packets (0: none), and where it was last.
        self.counter_id = counter_id
        self.layout: SeqLayout = UNKNOWN
        #: Middle of the last sender report's NTP time (0: none yet), and when it came.
        self.sender_report = 0
        self.sender_report_at = 0.0
        #: Counters at the last receiver report to the sender.
        self.reported_expected = self.reported_packets = 0
        #: The stream this one repeats (RFC 4588), None for a stream of its own.
        self.primary = primary
        self.is_rtx = primary is not None
        #: Only video is worth asking for again; audio repairs itself (RFC 6716 section 2.1.7).
        self.nacks = NackRequester() if track.kind == "video" and primary is None else None
