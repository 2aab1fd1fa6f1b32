"""Keyframes: recognising one, and asking a camera for one until it comes.

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


def starts_keyframe(codec: str, payload: memoryview) -> bool:
    """True for the first packet of a keyframe (RFC 7741 section 4.2, RFC 6184 section 5.2)."""
    if codec == "vp8":
        return _vp8(payload)
    if codec == "h264":
        return _h264(payload)
    return False


def _vp8(payload: memoryview) -> bool:
    size = len(payload)
    if size < 2 or not payload[0] & 0x10 or payload[0] & 0x07:
        # Not the start of the first partition.
        return False
    at = 1
    if payload[0] & 0x80:
        flags = payload[1]
        at = 2
        if flags & 0x80:
            if at >= size:
                return False
            at += 2 if payload[at] & 0x80 else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    return at < size and not payload[at] & 0x01


def _h264(payload: memoryview) -> bool:
    if not payload:
        return False
    kind = payload[0] & 0x1F
    if kind == 24:
        # STAP-A: two bytes of length before each unit.
        at = 1
        while at + 2 < len(payload):
            if payload[at + 2] & 0x1F in (5, 7):
                return True
            at += 2 + (payload[at] << 8 | payload[at + 1])
        return False
    if kind == 28:
        # FU-A: the start bit and the type are in the second byte.
        return len(payload) > 1 and bool(payload[1] & 0x80) and payload[1] & 0x1F in (5, 7)
    return kind in (5, 7)
