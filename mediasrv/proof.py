"""The proof of a call: for how many milliseconds media of both sides provably arrived.

Each side is *heard* at the moments its authenticated packets come in. Between two of them that are
at most ``SILENCE_S`` apart it counts as present; a longer silence is not counted at all, not even
its first two seconds. The proof is the time both sides were present together, up to the older of
their last packets: it can only be claimed once it has happened.
"""

from __future__ import annotations

#: Longest silence of a side that is still presence.
SILENCE_S = 2.0


class Presence:
    """One side's present stretch: monotonic seconds of its first and its last packet."""

    __slots__ = ("heard", "since")

    def __init__(self) -> None:
        self.since = float("inf")
        self.heard = float("-inf")


class ProofCounter:
    """Counts the common presence of two sides; only ever rises."""

    __slots__ = ("_counted_to", "_counting", "_limit_s", "_seconds", "sides")

    def __init__(self) -> None:
        self.sides = (Presence(), Presence())
        self._counted_to = float("-inf")
        self._counting = True
        self._seconds = 0.0
        self._limit_s: float | None = None

    def silence_ended(self, presence: Presence, now: float) -> None:
        """A side's packet came more than ``SILENCE_S`` after its last: a new stretch begins."""
        self._settle()
        presence.since = presence.heard = now

    def read_ms(self) -> int:
        """Milliseconds proven so far."""
        self._settle()
        return int(self._seconds * 1000)

    def set_counting(self, counting: bool, now: float) -> None:
        """Pauses or resumes: what is proven meanwhile is not counted."""
        if counting == self._counting:
            return
        self._settle()
        self._counting = counting
        self._counted_to = max(self._counted_to, now)

    def set_limit_ms(self, limit_ms: int | None) -> None:
        """The proof never passes the limit (None: none)."""
        self._limit_s = None if limit_ms is None else limit_ms / 1000

    @property
    def exhausted(self) -> bool:
        """Whether the limit has been reached, as of the last reading."""
        return self._limit_s is not None and self._seconds >= self._limit_s

    def _settle(self) -> None:
        one, two = self.sides
        until = min(one.heard, two.heard)
        if until <= self._counted_to or not self._counting:
            return
        gained = until - max(one.since, two.since, self._counted_to)
        if gained > 0:
            self._seconds += gained
            if self._limit_s is not None:
                # Whatever was proven beyond the limit before it could be stopped is given away.
                self._seconds = min(self._seconds, max(self._limit_s, self._seconds - gained))
        self._counted_to = until
