"""Transport-wide congestion feedback as a format, with its reader.

It is that of draft-holmer-rmcat-transport-wide-cc-extensions-01: the receiver of a hop tells its
sender which transport-wide numbers arrived, with the times in ticks of a quarter of a millisecond.
"""

from __future__ import annotations

import struct
from itertools import accumulate
from typing import Final

TICKS_PER_S: Final = 4000
#: Ticks in one unit of the reference time (64 ms).
REFERENCE_TICKS: Final = 256
#: Statuses taken from one packet; a browser tells of some dozens.
MAX_STATUSES: Final = 2048

HEAD: Final = struct.Struct("!BBHIIHHI")
#: Longest run of one status in a chunk.
MAX_RUN: Final = 0x1FFF
#: Statuses: it did not come; it came, its time in one byte after the one before; in two.
LOST: Final = 0
SMALL: Final = 1
LARGE: Final = 2
#: A vector of fourteen packets that all came, each soon after the one before.
_FOURTEEN_CAME: Final = 0xBFFF
_FOURTEEN: Final = [SMALL] * 14


def ticks(seconds: float) -> int:
    """A time in ticks."""
    return int(seconds * TICKS_PER_S + 0.5)


class TransportFeedback:
    """One packet of feedback from number ``base`` on: ``ticks[i]`` is when number ``base + i``
    arrived, None: it did not.

    ``reference`` has 24 bits, in units of 64 ms; the ticks count from it.
    """

    __slots__ = ("base", "reference", "ticks")

    def __init__(self, base: int, reference: int, ticks: list[int] | list[int | None]) -> None:
        self.base = base
        self.reference = reference
        self.ticks = ticks


def read_feedback(packet: bytes) -> TransportFeedback | None:
    """A whole RTCP packet of feedback; None when its lengths or counts lie."""
    if len(packet) < 20:
        return None
    *_, base, count, last = HEAD.unpack_from(packet)
    if not 0 < count <= MAX_STATUSES:
        return None
    statuses: list[int] = []
    at = 20
    while len(statuses) < count:
        if at + 2 > len(packet):
            return None
        chunk = packet[at] << 8 | packet[at + 1]
        at += 2
        if not chunk & 0x8000:
            # Never more than is asked for: a chunk may claim 8,191.
            statuses += [chunk >> 13] * min(chunk & MAX_RUN, count - len(statuses))
            if not chunk & MAX_RUN:
                return None
        elif chunk == _FOURTEEN_CAME:
            statuses += _FOURTEEN
        elif chunk & 0x4000:
            statuses += [chunk >> 12 - 2 * i & 3 for i in range(7)]
        else:
            statuses += [chunk >> 13 - i & 1 for i in range(14)]
    del statuses[count:]
    if statuses.count(SMALL) == count and at + count <= len(packet):
        # The usual case: all came, each soon after the one before.
        return TransportFeedback(base, last >> 8, list(accumulate(packet[at : at + count])))
    return _arrivals(packet, at, base, last >> 8, statuses)


def _arrivals(
    packet: bytes, at: int, base: int, reference: int, statuses: list[int]
) -> TransportFeedback | None:
    ticks: list[int | None] = []
    tick, end = 0, len(packet)
    for status in statuses:
        if status == LOST:
            ticks.append(None)
            continue
        if status == SMALL:
            if at >= end:
                return None
            tick += packet[at]
            at += 1
        elif status == LARGE:
            if at + 2 > end:
                return None
            tick += int.from_bytes(packet[at : at + 2], signed=True)
            at += 2
        else:
            return None
        ticks.append(tick)
    return TransportFeedback(base, reference, ticks)
