"""What one participant is sent: its consumers, the hop they are sent over."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from mediasrv.call.consumer import Consumer
from mediasrv.call.translation import ReportBlock
from mediasrv.rtcp.downlink import Downlink
from mediasrv.sdp.answer import OutboundSsrcs

#: Sender reports remembered for round trips: two streams, one every second, some seconds.
MAX_SENDER_REPORTS = 32


class Feed:
    """The consumers of one side; they stay however often it comes and goes.

    ``used`` are the SSRCs of the call so far; its own are added.
    """

    __slots__ = ("by_ssrc", "consumers", "ssrcs")

    def __init__(self, used: set[int]) -> None:
        audio, video, rtx = (_fresh_ssrc(used) for _ in range(3))
        self.ssrcs = OutboundSsrcs(audio, video, rtx)
        pictures = Consumer("video", video, rtx)
        self.consumers = {"audio": Consumer("audio", audio, 0), "video": pictures}
        self.by_ssrc = {c.ssrc: c for c in self.consumers.values()} | {rtx: pictures}

    @property
    def packets(self) -> int:
        """Media packets sent to the present receiver."""
        return sum(c.packets for c in self.consumers.values())

    @property
    def bytes(self) -> int:
        """Bytes of them, encrypted."""
        return sum(c.bytes for c in self.consumers.values())

    def count_anew(self) -> None:
        """Another receiver comes."""
        for consumer in self.consumers.values():
            consumer.packets = consumer.bytes = 0


class Outbound:
    """The sending half of a participant."""

    __slots__ = (
        "_passed",
        "control_bytes",
        "control_packets",
        "downlink",
        "feed",
        "nacks_received",
        "nacks_served",
        "rtt_s",
    )

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        #: Congestion control of the hop from the relay to it.
        self.downlink = Downlink()
        #: RTCP, and retransmissions the relay makes itself; encrypted.
        self.control_packets = self.control_bytes = 0
        self.nacks_received = self.nacks_served = 0
        #: When sender reports passed to this side, by the middle of their NTP time.
        self._passed: OrderedDict[int, float] = OrderedDict()
        #: Seconds there and back, None until there was a report.
        self.rtt_s: float | None = None

    @property
    def own_ssrc(self) -> int:
        """The SSRC that stands for the relay in what it says to this side."""
        return self.feed.ssrcs.audio

    @property
    def packets(self) -> int:
        """Packets sent to this side."""
        return self.control_packets + self.feed.packets

    @property
    def bytes(self) -> int:
        """Bytes sent to this side, encrypted."""
        return self.control_bytes + self.feed.bytes

    def sent_control(self, size: int) -> None:
        """A packet of the relay's own, of ``size`` bytes, has been sent."""
        self.control_packets += 1
        self.control_bytes += size

    def passed(self, middle: int, now: float) -> None:
        """A sender report goes to this side; `middle` is the middle 32 bits of its NTP time."""
        self._passed[middle] = now
        if len(self._passed) > MAX_SENDER_REPORTS:
            self._passed.popitem(last=False)

    def reported(self, report: ReportBlock, now: float) -> None:
        """What this side says of a consumer."""
        report.consumer.loss.sample(report.highest, report.lost)
        passed = self._passed.get(report.last_sr)
        if passed is not None:
            rtt = now - passed - report.delay / 65536
            if 0 <= rtt < 10:
                self.rtt_s = rtt


def _fresh_ssrc(used: set[int]) -> int:
    while True:
        ssrc = secrets.randbits(32)
        if ssrc and ssrc not in used:
            used.add(ssrc)
            return ssrc
