"""RTCP of one side: what is meant for the relay, what for the other side (RFC 3550, RFC 4585).

Congestion control and repair are of one hop each: receiver reports, transport-wide feedback, REMB
and NACKs end here, and the relay makes its own for the other hop. A sender that saw the losses of
both hops together would slow down for what the relay repairs. Only sender reports and descriptions
go through, in the other side's numbering: its clock for lip-sync is the sender's.

aiortc's RTCP classes are not used: they know neither transport-wide feedback nor its base counter,
and drop what they do not know.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from mediasrv.call.consumer import Consumer
from mediasrv.call.source import Source
from mediasrv.rtcp.packets import (
    FIR,
    NACK,
    PLI,
    PSFB,
    REMB,
    REPORT,
    RR,
    RTPFB,
    SDES,
    SR,
    TRANSPORT_CC,
    read_remb,
)
from mediasrv.rtcp.transport_cc import TransportFeedback, read_feedback

#: Most packets a compound may hold; browsers send up to five.
MAX_PACKETS = 32
#: Most sequence numbers taken from one NACK.
MAX_NACKED = 256

_WORD = struct.Struct("!I")
#: Of a sender report: the middle of its NTP time, its RTP timestamp; its head without blocks.
_TIMES = struct.Struct("!I2xI")
_SR_HEAD = struct.pack("!BBH", 0x80, SR, 6)


class ReportBlock:
    """What a receiver says of a consumer (RFC 3550 section 6.4.1), in the consumer's numbers.

    `lost` packets in all, `highest` extended sequence number, `last_sr` the middle of the NTP time
    of the last sender report, `delay` since then in 1/65536 s.
    """

    __slots__ = ("consumer", "delay", "highest", "last_sr", "lost")

    def __init__(
        self, consumer: Consumer, lost: int, highest: int, last_sr: int, delay: int
    ) -> None:
        self.consumer = consumer
        self.lost = lost
        self.highest = highest
        self.last_sr = last_sr
        self.delay = delay


class Passage:
    """A packet that goes on to whoever is sent the source's media.

    ``middle`` is that of a sender report's NTP time, -1 for a description; ``timestamp`` the RTP
    one beside it. ``source`` None: of an SSRC nobody announced.
    """

    __slots__ = ("body", "middle", "source", "timestamp")

    def __init__(self, source: Source | None, body: bytes, middle: int, timestamp: int) -> None:
        self.source = source
        self.body = body
        self.middle = middle
        self.timestamp = timestamp


class Translation:
    """What goes on of a compound, and what the relay itself should know or do."""

    __slots__ = (
        "feedback",
        "keyframes",
        "limit_bps",
        "malformed",
        "nacks",
        "passages",
        "reports",
    )

    def __init__(self) -> None:
        self.passages: list[Passage] = []
        self.reports: list[ReportBlock] = []
        self.nacks: list[tuple[Consumer, list[int]]] = []
        self.keyframes: list[Consumer] = []
        self.feedback: list[TransportFeedback] = []
        self.limit_bps: int | None = None
        self.malformed = False


class Numbers:
    """The numbering of the participant whose RTCP is translated.

    ``sources`` are the streams it sends, by its SSRCs; ``consumers`` the streams it is sent, by the
    relay's SSRCs.
    """

    __slots__ = ("consumers", "sources")

    def __init__(self, sources: Mapping[int, Source], consumers: Mapping[int, Consumer]) -> None:
        self.sources = sources
        self.consumers = consumers


def translate(packet: bytes, numbers: Numbers) -> Translation:
    """Walks a compound in the clear; what lies about its length ends the walk."""
    out = Translation()
    at = 0
    for _ in range(MAX_PACKETS):
        if at == len(packet):
            return out
        if at + 4 > len(packet):
            break
        first, kind, words = struct.unpack_from("!BBH", packet, at)
        end = at + 4 + 4 * words
        if first >> 6 != 2 or end > len(packet):
            break
        body = packet[at:end]
        # Every kind is read by its own counts, so that padding needs no taking off.
        if first & 0x20 and not 1 <= body[-1] <= len(body) - 4:
            break
        if not _one(body, first & 0x1F, kind, numbers, out):
            break
        at = end
    out.malformed = True
    return out


def renumbered(passages: Sequence[Passage], consumers: Mapping[str, Consumer]) -> bytes:
    """What goes on, as the receiver with these consumers, by kind, knows the streams."""
    data = bytearray()
    for passage in passages:
        source = passage.source
        consumer = consumers["audio" if source is None else source.kind]
        at = len(data)
        data += passage.body
        ssrc = consumer.rtx_ssrc if source is not None and source.is_rtx else consumer.ssrc
        _WORD.pack_into(data, at + 4, ssrc)
        if passage.middle >= 0:
            timestamp = (passage.timestamp + consumer.timestamp_offset) & 0xFFFFFFFF
            _WORD.pack_into(data, at + 16, timestamp)
    return bytes(data)


def _one(body: bytes, count: int, kind: int, numbers: Numbers, out: Translation) -> bool:
    if kind in (SR, RR):
        return _report(body, count, kind, numbers, out)
    if kind == SDES:
        return _sdes(body, count, numbers, out)
    if kind in (RTPFB, PSFB):
        if len(body) < 12:
            return False
        return (_rtpfb if kind == RTPFB else _psfb)(body, count, numbers, out)
    # BYE would end a stream the relay may yet continue; XR and APP mean nothing behind a relay.
    return True


def _report(body: bytes, count: int, kind: int, numbers: Numbers, out: Translation) -> bool:
    fixed = 28 if kind == SR else 8
    if len(body) < fixed + 24 * count:
        return False
    for i in range(count):
        _block(body, fixed + 24 * i, numbers, out)
    source = numbers.sources.get(_WORD.unpack_from(body, 4)[0])
    # Of a sender nobody announced only what it says of others means anything.
    if kind == SR and source is not None:
        middle, timestamp = _TIMES.unpack_from(body, 10)
        out.passages.append(Passage(source, _SR_HEAD + body[4:fixed], middle, timestamp))
    return True


def _block(body: bytes, at: int, numbers: Numbers, out: Translation) -> None:
    ssrc, loss, highest, _, last_sr, delay = REPORT.unpack_from(body, at)
    consumer = numbers.consumers.get(ssrc)
    # Of retransmissions nothing need be known: they are asked for until they come.
    if consumer is not None and ssrc == consumer.ssrc:
        cumulative = loss & 0xFFFFFF
        if cumulative & 0x800000:
            cumulative -= 0x1000000
        out.reports.append(ReportBlock(consumer, cumulative, highest, last_sr, delay))


def _sdes(body: bytes, count: int, numbers: Numbers, out: Translation) -> bool:
    """Only the first chunk's SSRC is mapped; browsers send one chunk, others are left out.

    It goes on only behind a sender report: nothing else does, and no compound begins with it.
    """
    if count == 0 or len(body) < 12:
        return count == 0
    if not out.passages:
        return True
    (ssrc,) = _WORD.unpack_from(body, 4)
    end = _chunk_end(body)
    if end is None:
        return False
    head = struct.pack("!BBH", 0x81, SDES, end // 4 - 1)
    out.passages.append(Passage(numbers.sources.get(ssrc), head + body[4:end], -1, 0))
    return True


def _chunk_end(body: bytes) -> int | None:
    at = 8
    while at < len(body):
        if body[at] == 0:
            return min((at // 4 + 1) * 4, len(body))
        if at + 2 > len(body):
            return None
        at += 2 + body[at + 1]
    return None


def _rtpfb(body: bytes, form: int, numbers: Numbers, out: Translation) -> bool:
    if form == NACK:
        (media,) = struct.unpack_from("!I", body, 8)
        consumer = numbers.consumers.get(media)
        if consumer is not None and media == consumer.ssrc:
            out.nacks.append((consumer, _nacked(body)))
    elif form == TRANSPORT_CC:
        told = read_feedback(body)
        if told is None:
            return False
        out.feedback.append(told)
    return True


def _nacked(body: bytes) -> list[int]:
    lost: list[int] = []
    for at in range(12, len(body) - 3, 4):
        number, mask = struct.unpack_from("!HH", body, at)
        lost.append(number)
        lost += [(number + 1 + bit) & 0xFFFF for bit in range(16) if mask >> bit & 1]
        if len(lost) >= MAX_NACKED:
            break
    return lost[:MAX_NACKED]


def _psfb(body: bytes, form: int, numbers: Numbers, out: Translation) -> bool:
    if form == PLI:
        _want_keyframe(numbers.consumers.get(struct.unpack_from("!I", body, 8)[0]), out)
    elif form == FIR:
        for at in range(12, len(body) - 7, 8):
            _want_keyframe(numbers.consumers.get(struct.unpack_from("!I", body, at)[0]), out)
    elif form == REMB and body[12:16] == b"REMB":
        limit_bps = read_remb(body)
        if limit_bps is None:
            return False
        out.limit_bps = limit_bps
    return True


def _want_keyframe(consumer: Consumer | None, out: Translation) -> None:
    if consumer is not None and consumer.kind == "video" and consumer not in out.keyframes:
        out.keyframes.append(consumer)
