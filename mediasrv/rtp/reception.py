"""What is known of one incoming RTP stream: order, loss, jitter (RFC 3550 appendix A)."""

from __future__ import annotations

from typing import Final

#: A jump of the sequence number beyond this is a restart of the stream, not loss.
MAX_JUMP: Final = 3000
#: A video stream that shows no new frame for so long has frozen.
FREEZE_S: Final = 0.5


class Reception:
    """Counters of one SSRC, whose timestamps advance by ``clock_rate`` Hz.

    The media path updates the common case in place for speed.
    """

    __slots__ = (
        "base",
        "bytes",
        "clock_rate",
        "cycles",
        "freezes",
        "jitter",
        "last_at",
        "last_timestamp",
        "max_seq",
        "packets",
        "transit",
    )

    def __init__(self, clock_rate: int) -> None:
        self.clock_rate = clock_rate
        self.packets = 0
        self.bytes = 0
        self.max_seq = -1
        self.base = 0
        #: Sequence number wraps times 65,536.
        self.cycles = 0
        #: In timestamp units.
        self.jitter = 0.0
        self.transit = 0.0
        self.last_timestamp = -1
        #: Monotonic time of the last new timestamp.
        self.last_at = float("-inf")
        self.freezes = 0

    @property
    def highest(self) -> int:
        """Extended highest sequence number."""
        return self.cycles + max(self.max_seq, 0)

    @property
    def expected(self) -> int:
        """Packets that should have come since the first."""
        return 0 if self.max_seq < 0 else self.highest - self.base + 1

    def extend(self, seq: int) -> int:
        """The extended form of a sequence number near the highest one."""
        return self.highest + ((seq - self.max_seq + 0x8000) & 0xFFFF) - 0x8000

    def jumped(self, seq: int) -> int:
        """Notes a packet that is not the next one; returns its extended number."""
        if self.max_seq < 0:
            self.max_seq = self.base = seq
            return seq
        extended = self.extend(seq)
        ahead = extended - self.highest
        if ahead > 0:
            self.cycles, self.max_seq = extended & ~0xFFFF, seq
            if ahead > MAX_JUMP:
                # Do not report the numbers a restarted sender skipped as lost.
                self.base += ahead - 1
        return extended

    def new_timestamp(self, timestamp: int, now: float) -> None:
        """Jitter by RFC 3550 A.8, once per frame: packets of one frame leave in a burst."""
        gap = now - self.last_at
        transit = now * self.clock_rate - timestamp
        if gap < FREEZE_S:
            difference = abs(transit - self.transit)
            # A wrapped or restarted clock is no jitter.
            if difference < self.clock_rate:
                self.jitter += (difference - self.jitter) / 16
        elif gap != float("inf"):
            self.freezes += 1
        self.transit = transit
        self.last_timestamp = timestamp
        self.last_at = now
