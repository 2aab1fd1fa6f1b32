"""Recognises a keyframe by its first packet (RFC 7741 section 4.2, RFC 6184 section 5.2)."""

from __future__ import annotations


def starts_keyframe(codec: str, payload: memoryview) -> bool:
    """True for the first packet of a keyframe; ``payload`` is what follows the RTP header."""
    if codec == "vp8":
        return _vp8(payload)
    if codec == "h264":
        return _h264(payload)
    return False


def _vp8(payload: memoryview) -> bool:
    size = len(payload)
    if size < 2 or not payload[0] & 0x10 or payload[0] & 0x07:
        # Not the start of the first partition.
        return False
    at = 1
    if payload[0] & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if at >= size:
                return False
            at += 2 if payload[at] & 0x80 else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    return at < size and not payload[at] & 0x01


def _h264(payload: memoryview) -> bool:
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == 24:
        # STAP-A: two bytes of length before each unit.
        at = 1
        while at + 2 < len(payload):
            if payload[at + 2] & 0x1F in (5, 7):
                return True
            at += 2 + (payload[at] << 8 | payload[at + 1])
        return False
    if kind == 28:
        # FU-A: the start bit and the type are in the second byte.
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 0x1F in (5, 7)
    return kind in (5, 7)
