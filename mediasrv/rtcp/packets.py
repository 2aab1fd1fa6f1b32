"""RTCP packets the relay makes itself (RFC 3550, RFC 4585, draft-alvestrand-rmcat-remb-03)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

SR, RR, SDES, RTPFB, PSFB = 200, 201, 202, 205, 206
NACK, TRANSPORT_CC = 1, 15
PLI, FIR, REMB = 1, 4, 15

#: A report block: SSRC, fraction and count lost, highest number, jitter, last SR, delay since.
REPORT = struct.Struct("!IIIIII")

_REMB_MANTISSA_BITS = 18


@dataclass(frozen=True, slots=True)
class Block:
    """What is told of one stream; ``fraction`` 0 to 255, ``delay`` in units of 1/65,536 s."""

    ssrc: int
    fraction: int
    lost: int
    highest: int
    jitter: int
    last_sr: int
    delay: int


def make_pli(sender: int, media: int) -> bytes:
    """Picture loss indication (RFC 4585 section 6.3.1), SSRC ``sender`` about SSRC ``media``."""
    return struct.pack("!BBHII", 0x81, PSFB, 2, sender, media)


def make_nack(sender: int, media: int, lost: list[int]) -> bytes:
    """Generic NACK (RFC 4585 section 6.2.1) for sequence numbers in rising order.

    SSRC ``sender`` says of SSRC ``media`` that they were ``lost``.
    """
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


def make_receiver_report(sender: int, blocks: list[Block]) -> bytes:
    """A receiver report (RFC 3550 section 6.4.2) of SSRC ``sender``, of at most 31 blocks."""
    out = struct.pack("!BBHI", 0x80 | len(blocks), RR, 1 + 6 * len(blocks), sender)
    for block in blocks:
        lost = max(-0x800000, min(block.lost, 0x7FFFFF)) & 0xFFFFFF
        out += REPORT.pack(
            block.ssrc,
            block.fraction << 24 | lost,
            block.highest & 0xFFFFFFFF,
            block.jitter & 0xFFFFFFFF,
            block.last_sr,
            block.delay & 0xFFFFFFFF,
        )
    return out


def make_remb(sender: int, bits_per_s: int, media: list[int]) -> bytes:
    """The most a sender may send, of its streams ``media`` together; SSRC ``sender`` says so."""
    exponent = max(0, bits_per_s.bit_length() - _REMB_MANTISSA_BITS)
    mantissa = bits_per_s >> exponent
    fci = struct.pack("!4sI", b"REMB", len(media) << 24 | exponent << 18 | mantissa)
    fci += struct.pack(f"!{len(media)}I", *media)
    return struct.pack("!BBHII", 0x80 | REMB, PSFB, 2 + len(fci) // 4, sender, 0) + fci


def read_remb(packet: bytes) -> int | None:
    """Bits a second of a REMB packet; None when it is another or its count lies."""
    if len(packet) < 20 or packet[12:16] != b"REMB" or len(packet) < 20 + 4 * packet[16]:
        return None
    word = int.from_bytes(packet[17:20])
    return int((word & 0x3FFFF) << (word >> 18))
