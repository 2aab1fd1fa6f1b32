"""Asks a camera for a keyframe until it comes.

A browser that starts to watch cannot show anything before a keyframe; the request (PLI) or the
keyframe may be lost, so it is repeated. Each request costs the sender a large frame, so requests
of viewers are throttled.
"""

from __future__ import annotations

#: At most one request reaches a camera in this time, whoever asks.
THROTTLE_S = 0.5
#: Bounds of the repeat interval, which is otherwise two round trips.
REPEAT_MIN_S = 0.2
REPEAT_MAX_S = 1.0
#: A camera that shows none after so many is asked no more until someone wants one anew.
MAX_REQUESTS = 20


class KeyframeRequester:
    """Decides when to send a PLI for one video source."""

    __slots__ = ("_asked", "_last", "sent", "wanted")

    def __init__(self) -> None:
        self.wanted = False
        #: Requests sent in all.
        self.sent = 0
        self._asked = 0
        self._last = float("-inf")

    def want(self) -> None:
        """Somebody cannot show the picture."""
        self.wanted = True
        self._asked = 0

    def seen(self) -> None:
        """A keyframe has been forwarded."""
        self.wanted = False

    def due(self, now: float, rtt_s: float | None) -> bool:
        """True when a request must be sent now; it is then counted as sent."""
        if not self.wanted:
            return False
        if self._asked >= MAX_REQUESTS:
            self.wanted = False
            return False
        repeat = min(max(2 * (rtt_s or 0.1), REPEAT_MIN_S), REPEAT_MAX_S)
        if now - self._last < (repeat if self._asked > 0 else THROTTLE_S):
            return False
        self._last = now
        self._asked += 1
        self.sent += 1
        return True
