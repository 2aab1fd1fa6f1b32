"""Asks a sender again for the video packets that were lost on the way to the relay.

The receiver would ask too, but only a hop later; asking here saves that hop's round trip, and the
packet that comes back fills the cache for the other hop's losses as well.
"""

from __future__ import annotations

#: Reordering is not loss: wait this long for the straggler.
REORDER_S = 0.01
#: Seconds between two requests for one packet, unless the round trip is longer.
RETRY_S = 0.05
MAX_TRIES = 6
#: More than this missing at once is an outage: the receiver will ask for a keyframe instead.
MAX_MISSING = 128


class NackRequester:
    """The gaps of one video stream, by extended sequence number."""

    __slots__ = ("_next", "missing")

    def __init__(self) -> None:
        #: Extended number → (tries, time of the last try or of the discovery).
        self.missing: dict[int, tuple[int, float]] = {}
        #: Nothing is due before; spares a scan of a long list at every tick.
        self._next = float("inf")

    def note(self, before: int, extended: int, now: float) -> None:
        """A packet that is not the next one: a late one, or one behind a gap.

        ``before`` and ``extended`` are sequence numbers with their laps: the highest, this one's.
        """
        if extended <= before:
            self.missing.pop(extended, None)
        elif extended - before - 1 > MAX_MISSING:
            self.missing.clear()
        else:
            for number in range(before + 1, extended):
                self.missing[number] = (0, now)
            self._next = min(self._next, now + REORDER_S)
            while len(self.missing) > MAX_MISSING:
                del self.missing[next(iter(self.missing))]

    def due(self, now: float, rtt_s: float | None) -> list[int]:
        """Sequence numbers to ask for now, oldest first; they count as asked."""
        if now < self._next:
            return []
        retry = max(RETRY_S, 1.2 * (rtt_s or 0.0))
        asked = []
        self._next = float("inf")
        for number, (tries, at) in list(self.missing.items()):
            due_at = at + (retry if tries else REORDER_S)
            if now < due_at:
                self._next = min(self._next, due_at)
                continue
            if tries >= MAX_TRIES:
                del self.missing[number]
                continue
            self.missing[number] = (tries + 1, now)
            self._next = min(self._next, now + retry)
            asked.append(number & 0xFFFF)
        return asked
