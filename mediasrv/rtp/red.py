"""Redundant audio (RFC 2198): each packet repeats the audio of the one before.

Loss on two hops adds up, and audio is not asked for again: the copy in the next packet is what
repairs it. The relay asks for it wherever a browser offers it. A receiver that numbers its payload
types otherwise gets the blocks renumbered; one that does not know it gets the newest block alone.
"""

from __future__ import annotations

from dataclasses import dataclass

#: A packet with more blocks than any browser makes is refused.
MAX_BLOCKS = 9


@dataclass(frozen=True, slots=True)
class RedMap:
    """The sender's payload type of redundant audio, and of the audio in it, for the receiver.

    ``unwrap``: the receiver does not know redundancy.
    """

    red: int
    inner: dict[int, int]
    unwrap: bool

    def apply(self, view: memoryview, offset: int, end: int) -> int:
        """Rewrites the payload at ``[offset:end]`` in place; its new end, 0 when lengths lie."""
        at, behind = offset, 0
        for _ in range(MAX_BLOCKS):
            if at >= end:
                return 0
            last = not view[at] & 0x80
            inner = self.inner.get(view[at] & 0x7F)
            if inner is None:
                return 0
            view[at] = view[at] & 0x80 | inner
            if last:
                start = at + 1 + behind
                if start > end:
                    return 0
                if not self.unwrap:
                    return end
                size = end - start
                view[offset : offset + size] = bytes(view[start:end])
                return offset + size
            if at + 4 > end:
                return 0
            behind += (view[at + 2] & 0x03) << 8 | view[at + 3]
            at += 4
        return 0
