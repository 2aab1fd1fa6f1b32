"""RTP headers, looked at or patched in place (RFC 3550 section 5.1, RFC 8285)."""

from __future__ import annotations

import struct
from typing import Final

#: version/flags, marker/payload type, sequence number, timestamp, SSRC.
HEADER: Final = struct.Struct("!BBHII")
HEADER_SIZE: Final = 12

_ONE_BYTE: Final = 0xBEDE
_TWO_BYTE: Final = 0x1000
_TWO_BYTE_MASK: Final = 0xFFF0


class ExtensionMap:
    """How one side's header extensions become the other's.

    ``ids[n]`` is the other side's id for this side's id ``n``, 0 where it has none: such an element
    is overwritten with padding. Nothing moves.
    """

    __slots__ = ("ids",)

    def __init__(self, ids: dict[int, int]) -> None:
        self.ids = bytes(ids.get(n, 0) for n in range(256))

    def apply(self, view: memoryview, start: int, end: int) -> bool:
        """Rewrites the extensions of the packet at ``[start:end]``; False when its lengths lie."""
        for element, head, size, value in elements(view, start, end):
            if element < 0:
                return False
            out = self.ids[element]
            if out == 0 or (out > 14 and head == 1):
                for i in range(value - head, value + size):
                    view[i] = 0
            elif head == 1:
                view[value - 1] = out << 4 | (size - 1)
            else:
                view[value - 2] = out
        return True


def find_extension(view: memoryview, start: int, end: int, wanted: int) -> bytes | None:
    """The value of the header extension ``wanted``, None when the packet has none of that id."""
    for element, _, size, value in elements(view, start, end):
        if element == wanted:
            return bytes(view[value : value + size])
    return None


def payload_offset(view: memoryview, start: int, end: int) -> int:
    """Where the payload begins, counted from the start of ``view``; ``end`` when lengths lie."""
    first = view[start]
    offset = start + HEADER_SIZE + 4 * (first & 0x0F)
    if first & 0x10:
        if offset + 4 > end:
            return end
        offset += 4 + 4 * (view[offset + 2] << 8 | view[offset + 3])
    return min(offset, end)


def payload_start(packet: bytes) -> int:
    """Bytes before the payload of a whole packet."""
    return payload_offset(memoryview(packet), 0, len(packet)) or HEADER_SIZE


def payload_size(view: memoryview, start: int, end: int) -> int:
    """Bytes of payload without padding; 0 for a packet that is padding only, or lies."""
    size = end - payload_offset(view, start, end)
    if view[start] & 0x20 and size > 0:
        size -= view[end - 1]
    return max(size, 0)


def elements(view: memoryview, start: int, end: int) -> list[tuple[int, int, int, int]]:
    """Of each: id, bytes of head, bytes of value, offset of value; id -1: lengths lie."""
    found: list[tuple[int, int, int, int]] = []
    first = view[start]
    if not first & 0x10:
        return found
    at = start + HEADER_SIZE + 4 * (first & 0x0F)
    if at + 4 > end:
        return [(-1, 0, 0, 0)]
    profile = view[at] << 8 | view[at + 1]
    stop = at + 4 + 4 * (view[at + 2] << 8 | view[at + 3])
    if stop > end:
        return [(-1, 0, 0, 0)]
    at += 4
    if profile == _ONE_BYTE:
        while at < stop:
            byte = view[at]
            at += 1
            if byte == 0:
                continue
            element, size = byte >> 4, (byte & 0x0F) + 1
            if element == 15:
                # RFC 8285 section 4.2: stop at the reserved id.
                break
            if at + size > stop:
                return [(-1, 0, 0, 0)]
            found.append((element, 1, size, at))
            at += size
    elif profile & _TWO_BYTE_MASK == _TWO_BYTE:
        while at < stop:
            element = view[at]
            at += 1
            if element == 0:
                continue
            if at >= stop or at + 1 + view[at] > stop:
                return [(-1, 0, 0, 0)]
            found.append((element, 2, view[at], at + 1))
            at += 1 + view[at]
    return found
