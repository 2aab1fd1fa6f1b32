"""The last packets of video sent to a receiver, for its NACKs: the sender is not troubled."""

from __future__ import annotations

import struct
from typing import Final

#: Packets kept: about four seconds at 1 Mbit/s, more than any receiver's jitter buffer.
CAPACITY: Final = 512
_MASK: Final = CAPACITY - 1
#: A packet asked for again within this time is on its way already.
REPEAT_S: Final = 0.02
#: Answers per packet; a receiver that has lost it more often will ask for a keyframe.
MAX_REPEATS: Final = 8


class PacketCache:
    """A ring by sequence number, as sent to the receiver, in the clear."""

    __slots__ = ("_numbers", "_packets", "_repeats")

    def __init__(self) -> None:
        self._packets: list[bytes] = [b""] * CAPACITY
        self._numbers: list[int] = [-1] * CAPACITY
        self._repeats: dict[int, tuple[int, float]] = {}

    def put(self, number: int, packet: bytes) -> None:
        """Keeps a packet; the one 512 before it is forgotten."""
        slot = number & _MASK
        self._packets[slot] = packet
        self._numbers[slot] = number

    def knows(self, number: int) -> bool:
        """Whether the packet can be repeated."""
        return self._numbers[number & _MASK] == number

    def take(self, number: int, now: float) -> bytes | None:
        """The packet to repeat; None when it was repeated a moment ago or too often."""
        count, last = self._repeats.get(number, (0, float("-inf")))
        if count >= MAX_REPEATS or now - last < REPEAT_S:
            return None
        if len(self._repeats) >= CAPACITY:
            self._repeats = {n: r for n, r in self._repeats.items() if self.knows(n)}
            if len(self._repeats) >= CAPACITY:
                self._repeats.clear()
        self._repeats[number] = (count + 1, now)
        return self._packets[number & _MASK]

    def clear(self) -> None:
        """Forgets everything (the receiver is a new one)."""
        self._numbers = [-1] * CAPACITY
        self._packets = [b""] * CAPACITY
        self._repeats.clear()


def wrap_rtx(packet: bytes, header_size: int, payload_type: int, number: int, ssrc: int) -> bytes:
    """The retransmission packet of RFC 4588 section 4: own numbering, original number in front.

    The packet's header has ``header_size`` bytes.
    """
    first, second, original, timestamp = struct.unpack_from("!BBHI", packet)
    head = struct.pack(
        "!BBHII", first, second & 0x80 | payload_type, number & 0xFFFF, timestamp, ssrc
    )
    middle = packet[12:header_size] + struct.pack("!H", original)
    return head + middle + packet[header_size:]
