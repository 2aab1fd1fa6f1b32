"""A fixed block of packet buffers, shared by the socket, libsrtp, the packet patching."""

from __future__ import annotations

from typing import Final

from mediasrv.net.memory import ffi

#: Bytes per buffer: the largest datagram read, and room for what protection adds.
SLOT_SIZE: Final = 2048
#: Longest datagram taken; longer ones are read truncated and refused.
MAX_DATAGRAM: Final = 1500


class Slots:
    """``count`` buffers: ``view`` to patch, ``pointers`` for libsrtp and the kernel."""

    __slots__ = ("count", "memory", "pointers", "view")

    def __init__(self, count: int) -> None:
        self.count = count
        self.memory = ffi.new("unsigned char[]", count * SLOT_SIZE)
        self.view = memoryview(ffi.buffer(self.memory)).cast("B")
        self.pointers = [self.memory + i * SLOT_SIZE for i in range(count)]

    def fill(self, slot: int, datagram: bytes) -> None:
        """Copies a datagram in (at most ``MAX_DATAGRAM`` bytes)."""
        self.view[slot * SLOT_SIZE : slot * SLOT_SIZE + len(datagram)] = datagram

    def read(self, slot: int, length: int) -> bytes:
        """A copy of a datagram of ``length`` bytes."""
        return bytes(self.view[slot * SLOT_SIZE : slot * SLOT_SIZE + length])
