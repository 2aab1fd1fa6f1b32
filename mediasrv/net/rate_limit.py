"""At most so many events per address in a second, in bounded memory."""

from __future__ import annotations

#: Addresses remembered; beyond it everyone is forgotten, which only ever lets more in.
MAX_ADDRESSES = 4096


class RateLimit:
    """A fixed window per address: cheap, and twice the limit at worst across its edge."""

    __slots__ = ("_counts", "_limit", "_window")

    def __init__(self, limit_per_s: int) -> None:
        self._limit = limit_per_s
        self._window = 0
        self._counts: dict[str, int] = {}

    def allows(self, address: str, now: float) -> bool:
        """Counts one event; False when it is one too many."""
        if int(now) != self._window or len(self._counts) >= MAX_ADDRESSES:
            self._window = int(now)
            self._counts.clear()
        count = self._counts.get(address, 0)
        if count >= self._limit:
            return False
        self._counts[address] = count + 1
        return True
