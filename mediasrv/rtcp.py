"""RTCP rewritten from one side's numbering to the other's (RFC 3550, RFC 4585, RFC 5104).

In a call of two the relay is transparent: sender and receiver reports, transport-wide feedback and
REMB reach the other browser with SSRCs and offsets mapped, so each side measures the whole way and
its estimate of the bandwidth covers both hops. Only two things end here: NACKs the relay can answer
itself, and keyframe requests, which it throttles and repeats.

aiortc's RTCP classes are not used: they know neither transport-wide feedback nor its base counter,
and drop what they do not know.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field

from mediasrv.track import Source, Track

SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
NACK, TRANSPORT_CC = 1, 15
PLI, FIR, REMB = 1, 4, 15

#: Most packets a compound may hold; browsers send up to five.
MAX_PACKETS = 32
#: Most sequence numbers taken from one NACK.
MAX_NACKED = 256

_REPORT = struct.Struct("!IIIIII")


@dataclass(frozen=True, slots=True)
class ReportBlock:
    """What a receiver says of a track (RFC 3550 section 6.4.1), in the track's own numbers."""

    track: Track
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


@dataclass(slots=True)
class Translation:
    """The compound for the other side, and what the relay itself should know or do."""

    data: bytearray = field(default_factory=bytearray)
    reports: list[ReportBlock] = field(default_factory=list)
    sender_reports: list[int] = field(default_factory=list)
    nacks: list[tuple[Track, list[int]]] = field(default_factory=list)
    keyframes: list[Track] = field(default_factory=list)
    feedback_end: int | None = None
    malformed: bool = False


@dataclass(frozen=True, slots=True)
class Numbers:
    """The numbering of the participant whose RTCP is translated.

    ``sources`` are the streams it sends, by its SSRCs; ``tracks`` the streams it is sent, by the
    relay's SSRCs; ``counter_offset`` was added to the transport-wide counters it was sent.
    ``own_ssrc`` stands for it where it uses an SSRC nobody announced.
    """

    sources: Mapping[int, Source]
    tracks: Mapping[int, Track]
    counter_offset: int
    own_ssrc: int


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
        # Padding: transport-wide feedback fills its last word with it and is passed on whole;
        # other kinds are read by their own counts, so that it needs no taking off.
        if first & 0x20 and not 1 <= body[-1] <= len(body) - 4:
            break
        if not _one(body, first & 0x1F, kind, numbers, out):
            break
        at = end
    out.malformed = True
    return out


def make_pli(sender: int, media: int) -> bytes:
    """Picture loss indication (RFC 4585 section 6.3.1)."""
    return struct.pack("!BBHII", 0x81, PSFB, 2, sender, media)


def make_nack(sender: int, media: int, lost: list[int]) -> bytes:
    """Generic NACK (RFC 4585 section 6.2.1) for sequence numbers in rising order."""
    items: list[tuple[int, int]] = []
    for number in lost:
        if items:
            ahead = (number - items[-1][0]) & 0xFFFF
            if ahead == 0:
                continue
            if ahead <= 16:
                items[-1] = (items[-1][0], items[-1][1] | 1 << (ahead - 1))
                continue
        items.append((number & 0xFFFF, 0))
    head = struct.pack("!BBHII", 0x80 | NACK, RTPFB, 2 + len(items), sender, media)
    return head + b"".join(struct.pack("!HH", *item) for item in items)


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
    head = bytearray(body[:fixed])
    (sender,) = struct.unpack_from("!I", body, 4)
    source = numbers.sources.get(sender)
    struct.pack_into("!I", head, 4, _seen_as(source, numbers))
    if kind == SR and source is not None:
        (timestamp,) = struct.unpack_from("!I", body, 16)
        offset = source.track.timestamp_offset
        struct.pack_into("!I", head, 16, (timestamp + offset) & 0xFFFFFFFF)
        out.sender_reports.append(struct.unpack_from("!I", body, 10)[0])
    blocks = b""
    for i in range(count):
        blocks += _block(body, fixed + 24 * i, numbers, out)
    if kind == SR and source is None:
        # A sender nobody announced: its report of others is kept, its own numbers mean nothing.
        head = head[:8]
        kind = RR
    length = (len(head) + len(blocks)) // 4 - 1
    struct.pack_into("!BBH", head, 0, 0x80 | len(blocks) // 24, kind, length)
    out.data += head + blocks
    return True


def _block(body: bytes, at: int, numbers: Numbers, out: Translation) -> bytes:
    ssrc, loss, highest, jitter, last_sr, delay = _REPORT.unpack_from(body, at)
    track = numbers.tracks.get(ssrc)
    if track is None:
        return b""
    if ssrc != track.ssrc:
        # Retransmissions are numbered by the relay: their report says nothing to the sender.
        return b""
    cumulative = loss & 0xFFFFFF
    if cumulative & 0x800000:
        cumulative -= 0x1000000
    out.reports.append(ReportBlock(track, cumulative, highest, jitter, last_sr, delay))
    if track.source is None:
        return b""
    mapped = (highest - track.seq_offset) & 0xFFFFFFFF
    return _REPORT.pack(track.source.ssrc, loss, mapped, jitter, last_sr, delay)


def _sdes(body: bytes, count: int, numbers: Numbers, out: Translation) -> bool:
    """Only the first chunk's SSRC is mapped; browsers send one chunk, others are left out."""
    if count == 0 or len(body) < 12:
        return count == 0
    (ssrc,) = struct.unpack_from("!I", body, 4)
    end = _chunk_end(body)
    if end is None:
        return False
    chunk = struct.pack("!I", _seen_as(numbers.sources.get(ssrc), numbers)) + body[8:end]
    out.data += struct.pack("!BBH", 0x81, SDES, len(chunk) // 4) + chunk
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
    sender, media = struct.unpack_from("!II", body, 4)
    track = numbers.tracks.get(media)
    if form == NACK:
        if track is None or media != track.ssrc:
            return True
        out.nacks.append((track, _nacked(body)))
    elif form == TRANSPORT_CC:
        if len(body) < 20:
            return False
        base, packets = struct.unpack_from("!HH", body, 12)
        out.feedback_end = (base + packets) & 0xFFFF
        mapped = bytearray(body)
        # Feedback names any one stream of the transport; the counters cover them all.
        target = _target(track or next(iter(numbers.tracks.values()), None))
        if target is not None:
            seen_as = _seen_as(numbers.sources.get(sender), numbers)
            struct.pack_into("!II", mapped, 4, seen_as, target)
            struct.pack_into("!H", mapped, 12, (base - numbers.counter_offset) & 0xFFFF)
            out.data += mapped
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
    sender, media = struct.unpack_from("!II", body, 4)
    if form == PLI:
        _want_keyframe(numbers.tracks.get(media), out)
    elif form == FIR:
        for at in range(12, len(body) - 7, 8):
            _want_keyframe(numbers.tracks.get(struct.unpack_from("!I", body, at)[0]), out)
    elif form == REMB and body[12:16] == b"REMB":
        if len(body) < 20 or len(body) < 20 + 4 * body[16]:
            return False
        names = struct.unpack_from(f"!{body[16]}I", body, 20)
        targets = [_target(numbers.tracks.get(n)) for n in names]
        known = [t for t in targets if t is not None]
        head = struct.pack("!II", _seen_as(numbers.sources.get(sender), numbers), 0)
        fci = b"REMB" + bytes([len(known)]) + body[17:20] + struct.pack(f"!{len(known)}I", *known)
        out.data += struct.pack("!BBH", 0x80 | REMB, PSFB, (8 + len(fci)) // 4) + head + fci
    return True


def _want_keyframe(track: Track | None, out: Translation) -> None:
    if track is not None and track.kind == "video" and track not in out.keyframes:
        out.keyframes.append(track)


def _target(track: Track | None) -> int | None:
    return track.source.ssrc if track is not None and track.source is not None else None


def _seen_as(source: Source | None, numbers: Numbers) -> int:
    if source is None:
        return numbers.own_ssrc
    return source.track.rtx_ssrc if source.is_rtx else source.track.ssrc
