"""What a sender is told of its hop to the relay, by when.

Transport-wide feedback ten times a second, a receiver report (RFC 3550 section 6.4.2) every second,
and the most it may send as soon as the other hop carries less, then once a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from mediasrv.call.source import Source
from mediasrv.rtcp.arrival_log import FEEDBACK_S, ArrivalLog
from mediasrv.rtcp.downlink import UNLIMITED_BPS
from mediasrv.rtcp.packets import Block, make_receiver_report, make_remb

REPORT_S: Final = 1.0
#: A limit lower than this share of the one told is told at once.
URGENT: Final = 0.97


class Uplink:
    """Makes the RTCP for one sender. ``log`` takes the arrivals of its packets."""

    __slots__ = ("_limit_at", "_limit_told", "_report_at", "due_at", "log")

    def __init__(self) -> None:
        self.log = ArrivalLog()
        self._limit_at = self._report_at = self.due_at = float("-inf")
        self._limit_told: int | None = None

    def reports(
        self, own_ssrc: int, sources: Iterable[Source], limit_bps: int | None, now: float
    ) -> list[bytes]:
        """RTCP datagrams to send at ``due_at``; ``limit_bps`` is what the other hop carries."""
        self.due_at = now + FEEDBACK_S
        sending = [s for s in sources if s.packets]
        if not sending:
            return []
        packets = []
        if now - self._report_at >= REPORT_S:
            self._report_at = now
            packets.append(_report(own_ssrc, sending, now))
        if self._limit_due(limit_bps, now):
            told = self._limit_told = UNLIMITED_BPS if limit_bps is None else limit_bps
            self._limit_at = now
            packets.append(make_remb(own_ssrc, told, [s.ssrc for s in sending]))
        packets += self.log.feedback(own_ssrc, sending[0].ssrc)
        return _datagrams(packets)

    def _limit_due(self, limit_bps: int | None, now: float) -> bool:
        told = self._limit_told
        if limit_bps is None:
            # There was a limit, and the receiver it was for is gone.
            return told is not None and told != UNLIMITED_BPS
        return told is None or limit_bps < URGENT * told or now - self._limit_at >= REPORT_S


def _report(own_ssrc: int, sources: list[Source], now: float) -> bytes:
    return make_receiver_report(own_ssrc, [_block(s, now) for s in sources if not s.is_rtx])


def _block(source: Source, now: float) -> Block:
    expected = source.expected - source.reported_expected
    lost = expected - (source.packets - source.reported_packets)
    source.reported_expected, source.reported_packets = source.expected, source.packets
    return Block(
        ssrc=source.ssrc,
        fraction=min(255, (lost << 8) // expected) if expected > 0 and lost > 0 else 0,
        lost=source.expected - source.packets,
        highest=source.highest,
        jitter=int(source.jitter),
        last_sr=source.sender_report,
        delay=int((now - source.sender_report_at) * 65536) if source.sender_report else 0,
    )


#: Bytes of RTCP in one datagram.
_MAX_COMPOUND: Final = 1200


def _datagrams(packets: list[bytes]) -> list[bytes]:
    datagrams: list[bytes] = []
    for packet in packets:
        if datagrams and len(datagrams[-1]) + len(packet) <= _MAX_COMPOUND:
            datagrams[-1] += packet
        else:
            datagrams.append(packet)
    return datagrams
