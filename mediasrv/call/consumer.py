"""A consumer: what one receiver is sent of one sender's microphone or camera.

It belongs to the call, not to a connection, so the receiver sees one unbroken stream (same SSRC,
running sequence numbers and timestamps) however often the sender reloads its page.
"""

from __future__ import annotations

from typing import Any, Final

from mediasrv.net.route import Route
from mediasrv.rtcp.downlink import Downlink
from mediasrv.rtp.header import ExtensionMap
from mediasrv.rtp.loss import LossWindow
from mediasrv.rtp.packet_cache import PacketCache
from mediasrv.rtp.reception import Reception
from mediasrv.rtp.red import RedMap
from mediasrv.sdp.negotiation import MID, TRANSPORT_CC, Medium

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
        """Notes the last packet of a source, in the source's own numbers, sent `at` seconds."""
        if not self.fresh:
            self.last_seq = (seq + self.seq_offset) & 0xFFFF
            self.last_timestamp = (timestamp + self.timestamp_offset) & 0xFFFFFFFF
            self.last_at = at
            self.fresh = True

    def start(self, seq: int, timestamp: int, now: float, clock_rate: int) -> None:
        """Continues after the last packet, with the timestamp that the time between asks for.

        `clock_rate` is in Hz.
        """
        self.fresh = False
        if self.last_seq < 0:
            self.seq_offset = self.timestamp_offset = 0
            return
        following = self.last_seq + 1 + NUMBER_GAP
        passed = max(int((now - self.last_at) * clock_rate), 1)
        self.seq_offset = (following - seq) & 0xFFFF
        self.timestamp_offset = (self.last_timestamp + passed - timestamp) & 0xFFFFFFFF


class Consumer(Numbering):
    """The forwarding state of one kind of media, from whoever sends it to one receiver.

    Everything the media path needs of the receiver is here too (``tx``, ``route``), so that a
    packet touches few objects: with hundreds of calls, each one is a cache miss.
    """

    __slots__ = (
        "bytes",
        "cache",
        "downlink",
        "extensions",
        "first_extended",
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
        #: The stream whose numbers the offsets are from. It is told by what it is, not by its
        #: SSRC, which a reload may bring again.
        self.source: Reception | None = None
        #: Extended number (of the source) from which on packets belong to this numbering.
        self.first_extended = 0
        #: Sender's payload type → receiver's, ``NO_PAYLOAD_TYPE`` for none.
        self.payload_types = bytes([NO_PAYLOAD_TYPE]) * 128
        #: Receiver's payload type → its retransmission payload type.
        self.rtx_payload_types: dict[int, int] = {}
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
        self.cache: PacketCache | None = PacketCache() if kind == "video" else None
        self.loss = LossWindow()

    @property
    def is_open(self) -> bool:
        """Whether media flows."""
        return self.route is not None

    def open(self, give: Medium, take: Medium, tx: Any, route: Route, downlink: Downlink) -> bool:
        """Lets media flow, from the sender's section to the receiver's; False: it did already."""
        was_open = self.is_open
        self._map(give, take)
        self.tx, self.route = tx, route
        self.downlink = downlink if take.extension_id(TRANSPORT_CC) else None
        return not was_open

    def close(self) -> None:
        """Lets nothing flow, until it is opened again."""
        if self.is_open:
            self.pause()
        self.tx = self.route = self.downlink = None

    def resume(self, source: Reception, seq: int, timestamp: int, now: float) -> None:
        """The first packet of a source, or the first after a pause."""
        if not self.fresh:
            self.pause()
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

    def _map(self, give: Medium, take: Medium) -> None:
        """Payload types and header extension ids of the sender, in the receiver's."""
        theirs = {c.key: c for c in take.codecs}
        payload_types = bytearray([NO_PAYLOAD_TYPE]) * 128
        self.rtx_payload_types = {c.payload_type: c.rtx for c in take.codecs if c.rtx is not None}
        self.red = None
        for codec in give.codecs:
            if codec.key not in theirs:
                continue
            other = theirs[codec.key]
            payload_types[codec.payload_type] = other.payload_type
            if codec.rtx is not None:
                # A retransmission is mapped through the codec it repeats; see ``media_path``.
                payload_types[codec.rtx] = other.payload_type
            if codec.red is not None:
                payload_types[codec.red] = other.payload_type if other.red is None else other.red
                if other.red is None or codec.payload_type != other.payload_type:
                    inner = {codec.payload_type: other.payload_type}
                    self.red = RedMap(codec.red, inner, unwrap=other.red is None)
        self.payload_types = bytes(payload_types)
        ids = {number: take.extension_id(uri) for number, uri in give.extensions}
        if give.mid != take.mid:
            # SSRCs tell the sections apart; a section id of the other offer would tell them wrong.
            ids[give.extension_id(MID)] = 0
        changed = any(number != out for number, out in ids.items() if number)
        self.extensions = ExtensionMap(ids) if changed else None
