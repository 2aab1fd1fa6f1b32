"""Finding the transport-wide sequence number in a packet without walking its header extensions.

A sender lays its header extensions out alike in nearly all packets of a stream. The layout of the
last packet is kept; the next one is read by it in a single step, which also proves that it is laid
out so. Only a packet that differs is walked through.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final

from mediasrv.rtp.header import HEADER_SIZE, elements

_ONE_BYTE: Final = 0xBEDE


class SeqLayout:
    """``read(view, start + HEADER_SIZE)`` gives ``(*heads, number)`` of a packet laid out so.

    ``heads`` are the extension's profile and length and the heads of all elements up to the number;
    ``offset`` is where the number is in the packet. It holds for packets without contributing
    sources (``first & 0x1F == 0x10``) of at least ``least`` bytes.
    """

    __slots__ = ("heads", "least", "offset", "read")

    def __init__(self, form: str, heads: tuple[int, ...], least: int, offset: int) -> None:
        self.read: Callable[[Any, int], tuple[int, ...]] = struct.Struct(form).unpack_from
        self.heads = heads
        self.least = least
        self.offset = offset


#: Fits no packet.
UNKNOWN = SeqLayout("!H", (), 1 << 30, 0)


def find_transport_seq(
    view: memoryview, start: int, end: int, wanted: int
) -> tuple[int, SeqLayout] | None:
    """Where in ``view`` the number of a packet is, and the layout to look for from now on.

    None for a packet that has no number of two bytes under the id ``wanted``, or lies.
    """
    found = elements(view, start, end)
    for i, (element, _, size, value) in enumerate(found):
        if element != wanted or size != 2:
            continue
        base = start + HEADER_SIZE
        if view[start] & 0x0F or view[base] << 8 | view[base + 1] != _ONE_BYTE:
            return value, UNKNOWN
        words = view[base + 2] << 8 | view[base + 3]
        before = found[: i + 1]
        if value - 1 - base != 4 + sum(1 + s for _, _, s, _ in before[:-1]):
            # Padding between elements: the next packet may have an element there.
            return value, UNKNOWN
        return value, _layout(words, tuple((v - 1 - base, view[v - 1]) for _, _, _, v in before))
    return None


@lru_cache(maxsize=256)
def _layout(words: int, heads: tuple[tuple[int, int], ...]) -> SeqLayout:
    form, at = "!HH", 4
    for offset, _ in heads:
        form += f"{offset - at}xB"
        at = offset + 1
    return SeqLayout(
        form + "H",
        (_ONE_BYTE, words, *(head for _, head in heads)),
        HEADER_SIZE + 4 + 4 * words,
        HEADER_SIZE + at,
    )
