"""A source: one SSRC a participant sends, with everyone who is sent it."""

from __future__ import annotations

from collections.abc import Sequence

from mediasrv.call.consumer import Consumer
from mediasrv.rtp.keyframe_requester import KeyframeRequester
from mediasrv.rtp.nack_requester import NackRequester
from mediasrv.rtp.reception import Reception
from mediasrv.rtp.transport_seq import UNKNOWN, SeqLayout
from mediasrv.sdp.negotiation import TRANSPORT_CC, Medium

CLOCK_RATES = {"audio": 48_000, "video": 90_000}


class Source(Reception):
    """What comes of one SSRC, and to whom it goes.

    ``consumer`` is sent each packet on the very buffer it came in; before that, everyone in
    ``copies`` a copy. Between two people there is one consumer and no copy.
    """

    __slots__ = (
        "codecs",
        "consumer",
        "copies",
        "is_rtx",
        "keyframes",
        "kind",
        "layout",
        "nacks",
        "primary",
        "reported_expected",
        "reported_packets",
        "sender_report",
        "sender_report_at",
        "seq_id",
        "ssrc",
    )

    def __init__(self, ssrc: int, medium: Medium, primary: Source | None = None) -> None:
        super().__init__(CLOCK_RATES[medium.kind])
        self.ssrc = ssrc
        self.kind = medium.kind
        #: Payload type → codec name.
        self.codecs = {c.payload_type: c.key for c in medium.codecs}
        self.consumer: Consumer | None = None
        self.copies: tuple[Consumer, ...] = ()
        #: Id of the transport-wide number in its packets (0: none), and where it was last.
        self.seq_id = medium.extension_id(TRANSPORT_CC)
        self.layout: SeqLayout = UNKNOWN
        #: Middle of the last sender report's NTP time (0: none yet), and when it came.
        self.sender_report = 0
        self.sender_report_at = 0.0
        #: Counters at the last receiver report to the sender.
        self.reported_expected = self.reported_packets = 0
        #: The stream this one repeats (RFC 4588), None for a stream of its own.
        self.primary = primary
        self.is_rtx = primary is not None
        pictures = medium.kind == "video" and primary is None
        #: Only video is worth asking for again; audio repairs itself (RFC 6716 section 2.1.7).
        self.nacks = NackRequester() if pictures else None
        self.keyframes = KeyframeRequester() if pictures else None

    def feed(self, consumers: Sequence[Consumer]) -> None:
        """From now on it goes to these, all of them open."""
        self.consumer = consumers[-1] if consumers else None
        self.copies = tuple(consumers[:-1])
