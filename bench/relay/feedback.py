"""Transport-wide feedback as a browser writes it, cheap where nothing is lost.

The format is draft-holmer-rmcat-transport-wide-cc-extensions-01. The relay under test has a writer
of its own; this one is independent of it, so that a common misunderstanding would show.
"""

from __future__ import annotations

import struct

from mediasrv.rtcp.packets import RTPFB, TRANSPORT_CC

_TICKS_PER_S = 4000
_REFERENCE_TICKS = 256
_HEAD = struct.Struct("!BBHIIHHI")
_LOST, _SMALL, _LARGE = 0, 1, 2
#: Statuses in one chunk of two bits each, and in one run.
_IN_VECTOR, _LONGEST_RUN = 7, 0x1FFF
#: Numbers told of at once; more missing than this is a new beginning.
_MOST_TOLD = 1000


class FeedbackWriter:
    """Collects ``(number, seconds)`` in ``arrivals``; ``packet`` tells of them and forgets them."""

    __slots__ = ("_count", "_next", "arrivals")

    def __init__(self) -> None:
        self.arrivals: list[tuple[int, float]] = []
        self._next: int | None = None
        self._count = 0

    def packet(self, sender: int, media: int) -> bytes | None:
        """One RTCP packet on what arrived since the last; None for nothing new."""
        arrivals = self.arrivals[:_MOST_TOLD]
        if not arrivals:
            return None
        self.arrivals.clear()
        base = arrivals[0][0] if self._next is None else self._next
        reference = int(arrivals[0][1] * _TICKS_PER_S) // _REFERENCE_TICKS
        told = _unbroken(base, reference, arrivals) or _broken(base, reference, arrivals)
        if told is None:
            self._next = None
            return None
        span, body = told
        self._next = (base + span) & 0xFFFF
        self._count += 1
        padding = -len(body) % 4
        if padding:
            body += bytes(padding - 1) + bytes([padding])
        first = (0xA0 if padding else 0x80) | TRANSPORT_CC
        words = 4 + len(body) // 4
        tail = (reference & 0xFFFFFF) << 8 | self._count & 0xFF
        return _HEAD.pack(first, RTPFB, words, sender, media, base, span, tail) + body


def _unbroken(
    base: int, reference: int, arrivals: list[tuple[int, float]]
) -> tuple[int, bytes] | None:
    """All in order, none missing, none long after the one before: a single run."""
    last = reference * _REFERENCE_TICKS
    deltas = bytearray()
    for number, at in arrivals:
        tick = int(at * _TICKS_PER_S)
        if number != base or not 0 <= tick - last <= 0xFF:
            return None
        deltas.append(tick - last)
        last = tick
        base = (base + 1) & 0xFFFF
    return len(arrivals), (_SMALL << 13 | len(arrivals)).to_bytes(2) + deltas


def _broken(
    base: int, reference: int, arrivals: list[tuple[int, float]]
) -> tuple[int, bytes] | None:
    """Any other case: two bits for every number. What comes after it was told lost is left out."""
    ticks = {(number - base) & 0xFFFF: int(at * _TICKS_PER_S) for number, at in arrivals}
    ticks = {ahead: tick for ahead, tick in ticks.items() if ahead < 0x8000}
    if not ticks or max(ticks) >= _LONGEST_RUN:
        return None
    statuses: list[int] = []
    deltas = b""
    last = reference * _REFERENCE_TICKS
    for ahead in range(max(ticks) + 1):
        tick = ticks.get(ahead)
        if tick is None:
            statuses.append(_LOST)
            continue
        delta = max(-0x8000, min(tick - last, 0x7FFF))
        small = 0 <= delta <= 0xFF
        statuses.append(_SMALL if small else _LARGE)
        deltas += delta.to_bytes(1) if small else delta.to_bytes(2, signed=True)
        last += delta
    chunks = b""
    for at in range(0, len(statuses), _IN_VECTOR):
        seven = statuses[at : at + _IN_VECTOR]
        chunks += (0xC000 | sum(s << 12 - 2 * i for i, s in enumerate(seven))).to_bytes(2)
    return len(statuses), chunks + deltas
