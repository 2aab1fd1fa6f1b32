"""The proof of a call: for how many milliseconds media of both sides provably arrived.

Each side is *heard* at the moments its authenticated packets come in. Between two of them that are
at most ``SILENCE_S`` apart it counts as present; a longer silence is not counted at all, not even
its first two seconds. The proof is the time both sides were present together, up to the older of
their last packets: it can only be claimed once it has happened.
"""

from __future__ import annotations

from typing import Final

#: Longest silence of a side that is still presence.
SILENCE_S: Final = 2.0


class Presence:
    """One side's present stretch: monotonic seconds of its first and its last packet.

    Whoever takes a packet of the side sets ``heard``, after ``silence_ended`` where that is due.
    """

    __slots__ = ("_proof", "heard", "since")

    def __init__(self, proof: ProofCounter) -> None:
        self._proof = proof
        self.since = float("inf")
        self.heard = float("-inf")

    def silence_ended(self, now: float) -> None:
        """A packet came more than ``SILENCE_S`` after the last: a new stretch begins."""
        self._proof.settle()
        self.since = self.heard = now


class ProofCounter:
    """Counts the common presence of two sides; only ever rises."""

    __slots__ = ("_counted_to", "_counting", "_limit_ms", "_proven_ms", "sides")

    def __init__(self) -> None:
        self.sides = (Presence(self), Presence(self))
        self._counted_to = float("-inf")
        self._counting = True
        self._proven_ms = 0.0
        self._limit_ms: int | None = None

    def read_ms(self) -> int:
        """Milliseconds proven so far."""
        self.settle()
        return int(self._proven_ms)

    def set_counting(self, counting: bool, now: float) -> None:
        """Pauses or resumes: what is proven meanwhile is not counted."""
        if counting == self._counting:
            return
        self.settle()
        self._counting = counting
        self._counted_to = max(self._counted_to, now)

    def set_limit_ms(self, limit_ms: int | None) -> None:
        """The proof never passes the limit (None: none)."""
        self._limit_ms = limit_ms

    @property
    def exhausted(self) -> bool:
        """Whether the limit has been reached, as of the last reading."""
        return self._limit_ms is not None and self._proven_ms >= self._limit_ms

    def settle(self) -> None:
        """Counts what has been proven by now."""
        one, two = self.sides
        until = min(one.heard, two.heard)
        if until <= self._counted_to or not self._counting:
            return
        gained_ms = (until - max(one.since, two.since, self._counted_to)) * 1000
        if gained_ms > 0:
            before_ms = self._proven_ms
            self._proven_ms += gained_ms
            if self._limit_ms is not None:
                # Whatever was proven beyond the limit before it could be stopped is given away.
                # Exact, as the limit is whole milliseconds: the meter waits for all of them.
                self._proven_ms = min(self._proven_ms, max(self._limit_ms, before_ms))
        self._counted_to = until
